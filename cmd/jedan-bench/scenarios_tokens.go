package main

import (
	"context"
	"errors"
	"net/url"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// exchanging is a service that exchanges an access token of a person, which it has seen before, for one with less scope: one signature, and the event,
// which is written before the token is handed out.
func exchanging() scenario {
	const set = "exchange"
	return scenario{
		name: set, title: "token exchange, JWT for JWT", turns: 1, goal: sumOf(primHello, primES256, primWrite),
		setup: func(ctx context.Context, w *world) error {
			m := webClient("jwt")
			m.GrantTypes = append(m.GrantTypes, core.GrantTokenExchange)
			m.TokenExchange = &storage.TokenExchangePolicy{Delegation: true}
			return errors.Join(w.clients(ctx, set, m), w.addGrants(ctx, set, set, clientCount, personScopes(), nil))
		},
		start: func(ctx context.Context, w *world) (*drive, error) {
			tokens, err := w.mint(ctx, set, set, tokenCount)
			return inTurn(tokenCount, `"issued_token_type"`, func(i int) []byte {
				form := url.Values{"grant_type": {core.GrantTokenExchange}, "subject_token": {tokens[i]}, "subject_token_type": {core.TokenTypeAccess}, "scope": {"email"}}
				return post(w.host, "/oauth2/token", form.Encode(), "Authorization", w.sets[set][i%clientCount].basic)
			}), err
		},
	}
}

// signedIntrospection is introspection of handles whose answers are JWTs (RFC 9701), signed with ES256.
func signedIntrospection() scenario {
	const set = "signed answers"
	return scenario{
		name: "introspect-signed", title: "introspection, answer as JWT (RFC 9701), ES256", goal: atLeast(0.15), turns: 1,
		setup: func(ctx context.Context, w *world) error {
			m := webClient("opaque")
			m.IntrospectionSignedRespAlg = "ES256"
			return errors.Join(w.clients(ctx, set, m), w.addGrants(ctx, set, set, clientCount, personScopes(), nil))
		},
		start: func(ctx context.Context, w *world) (*drive, error) {
			tokens, err := w.mint(ctx, set, set, tokenCount)
			return inTurn(tokenCount, "eyJ", func(i int) []byte {
				return post(w.host, "/oauth2/introspect", url.Values{"token": {tokens[i]}}.Encode(), "Authorization", w.sets[set][i%clientCount].basic,
					"Accept", "application/token-introspection+jwt")
			}), err
		},
	}
}

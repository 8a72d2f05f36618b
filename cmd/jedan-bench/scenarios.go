package main

import (
	"context"
	"net/url"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/storage"
)

// scenario is one kind of request.
type scenario struct {
	name  string // for -only and profiles
	title string
	setup func(ctx context.Context, w *world) error // rows, before the server starts
	start func(ctx context.Context, w *world) (*drive, error)
	goal  goal
	conns int // 0: the command line's
	turns int // requests in one turn
}

// drive is a scenario that is ready to run.
type drive struct {
	op    operation
	warm  int                             // turns before the first run
	most  int                             // turns of a run; 0: as many as fit
	fresh func(ctx context.Context) error // before each run; may be nil
}

const redirectURI = "https://app.test/cb"

// scenarios are all that is measured, in the order of the issue.
func scenarios() []scenario {
	return []scenario{
		credentials("cc-es256", "client credentials, ES256", "ES256", "", atLeast(0.15)),
		credentials("cc-rs256", "client credentials, RS256", "RS256", "", ofPrimitive(0.8, primRS256)),
		credentials("cc-eddsa", "client credentials, EdDSA", "EdDSA", "", goal{}),
		credentials("cc-opaque", "client credentials, opaque", "", "opaque", atLeast(0.40)),
		introspection("introspect-opaque", "introspection, opaque", "opaque", atLeast(0.45)),
		introspection("introspect-jwt", "introspection, JWT seen before", "jwt", atLeast(0.45)),
		firstSeen(),
		userinfo(),
		published("discovery", "discovery", "/.well-known/openid-configuration", `"issuer"`),
		published("jwks", "JWKS", "/.well-known/jwks.json", `"keys"`),
		refreshing("refresh-keep", "refresh, confidential (kept)", "kept", sumOf(primHello, primES256, primRead)),
		refreshing("refresh-rotate", "refresh, public (rotated)", "rotated", sumOf(primHello, primES256, primRead, primWrite)),
		codeFlow(),
		pushed(),
		device(),
		exchanging(),
		signedIntrospection(),
		signIn(),
		signInAnew(),
		samlSignIn(),
		directorySignIn(),
	}
}

func machine(alg, format string) storage.ClientMetadata {
	return storage.ClientMetadata{
		GrantTypes: []string{"client_credentials"}, ResponseTypes: []string{}, Scope: "api:read api:write", AccessTokenAlg: alg, AccessTokenFormat: format,
	}
}

func credentials(name, title, alg, format string, g goal) scenario {
	return scenario{
		name: name, title: title, goal: g, turns: 1,
		setup: func(ctx context.Context, w *world) error { return w.clients(ctx, name, machine(alg, format)) },
		start: func(_ context.Context, w *world) (*drive, error) {
			return inTurn(clientCount, `"access_token"`, func(i int) []byte {
				return post(w.host, "/oauth2/token", "grant_type=client_credentials&scope=api%3Aread", "Authorization", w.sets[name][i].basic)
			}), nil
		},
	}
}

// inTurn sends count prepared requests in rotation.
func inTurn(count int, part string, request func(i int) []byte) *drive {
	requests := make([][]byte, count)
	for i := range requests {
		requests[i] = request(i)
	}
	want := []byte(part)
	return &drive{warm: count, op: func(c *wire, n int) error { return c.want(requests[n%count], 200, want) }}
}

func webClient(format string) storage.ClientMetadata {
	return storage.ClientMetadata{
		RedirectURIs: []string{redirectURI}, GrantTypes: []string{"authorization_code", "refresh_token"}, Scope: "openid profile email offline_access",
		AccessTokenFormat: format, IDTokenSignedResponseAlg: "ES256",
	}
}

func personScopes() []string { return []string{"openid", "profile", "email"} }

// held makes a set of clients with a grant of each; tokens come from those.
func held(format string) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		if err := w.clients(ctx, format, webClient(format)); err != nil {
			return err
		}
		return w.addGrants(ctx, format, format, clientCount, personScopes(), nil)
	}
}

func (w *world) introspectRequest(set string, i int, token string) []byte {
	return post(w.host, "/oauth2/introspect", url.Values{"token": {token}}.Encode(), "Authorization", w.sets[set][i%clientCount].basic)
}

func introspection(name, title, format string, g goal) scenario {
	return scenario{
		name: name, title: title, goal: g, turns: 1, setup: held(format),
		start: func(ctx context.Context, w *world) (*drive, error) {
			tokens, err := w.mint(ctx, format, format, tokenCount)
			return inTurn(tokenCount, `"active":true`, func(i int) []byte { return w.introspectRequest(format, i, tokens[i]) }), err
		},
	}
}

// firstSeen introspects JWTs that were never presented before: each run has its own.
func firstSeen() scenario {
	return scenario{
		name: "introspect-jwt-new", title: "introspection, JWT first seen", goal: atLeast(0.15), turns: 1, setup: held("jwt"),
		start: func(ctx context.Context, w *world) (*drive, error) {
			requests := make([][]byte, tokenCount)
			var used atomic.Int64
			want := []byte(`"active":true`)
			d := &drive{warm: tokenCount, most: tokenCount, op: func(c *wire, _ int) error { return c.want(requests[used.Add(1)-1], 200, want) }}
			d.fresh = func(ctx context.Context) error {
				used.Store(0)
				tokens, err := w.mint(ctx, "jwt", "jwt", tokenCount)
				for i, t := range tokens {
					requests[i] = w.introspectRequest("jwt", i, t)
				}
				return err
			}
			return d, nil
		},
	}
}

func userinfo() scenario {
	return scenario{
		name: "userinfo", title: "UserInfo", goal: atLeast(0.35), turns: 1, setup: held("jwt"),
		start: func(ctx context.Context, w *world) (*drive, error) {
			tokens, err := w.mint(ctx, "jwt", "jwt", tokenCount)
			return inTurn(tokenCount, `"email"`, func(i int) []byte { return get(w.host, "/oauth2/userinfo", "Authorization", "Bearer "+tokens[i]) }), err
		},
	}
}

func published(name, title, path, part string) scenario {
	return scenario{
		name: name, title: title, goal: atLeast(0.85), turns: 1,
		start: func(_ context.Context, w *world) (*drive, error) {
			return inTurn(1, part, func(int) []byte { return get(w.host, path) }), nil
		},
	}
}

package oidc

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// row is one rule about a sign-in. What it received says nothing of what somebody sent.
type row = verdict.Row[*attempt]

func rowsCallback() []row {
	return []row{
		{Name: "oidc_callback.issuer", Reason: "issuer", Check: checkIssuer},
		{Name: "oidc_callback.error", Reason: "denied", Check: checkError},
		{Name: "oidc_callback.code", Reason: "code", Check: checkCode},
	}
}

func rowsAnswer() []row {
	return []row{
		{Name: "oidc_answer.token_type", Reason: "token_type", Check: checkType},
		{Name: "oidc_answer.id_token", Reason: "id_token", Check: checkPresent},
	}
}

func rowsToken() []row {
	return []row{
		{Name: "oidc_id_token.encryption", Reason: "encryption", Check: checkEncryption},
		{Name: "oidc_id_token.signature", Reason: "signature", Check: checkSignature},
		{Name: "oidc_id_token.iss", Reason: "issuer", Check: checkTokenIssuer},
		{Name: "oidc_id_token.aud", Reason: "audience", Check: checkAudience},
		{Name: "oidc_id_token.azp", Reason: "audience", Check: checkAuthorizedParty},
		{Name: "oidc_id_token.time", Reason: "time", Check: checkTime},
		{Name: "oidc_id_token.nonce", Reason: "nonce", Check: checkNonce},
		{Name: "oidc_id_token.sub", Reason: "subject", Check: checkSubject},
		{Name: "oidc_id_token.at_hash", Reason: "at_hash", Check: checkHash},
		{Name: "oidc_id_token.auth_time", Reason: "auth_time", Check: checkFresh},
		{Name: "oidc_id_token.front", Reason: "subject", Check: checkFront},
	}
}

func refuse(check, expected, received, reason string) *federation.Refusal {
	return &federation.Refusal{Check: check, Expected: expected, Received: received, Reason: reason}
}

// judge applies the rows until one refuses.
func judge(ctx context.Context, t *attempt, rows []row) error {
	return federation.Judge(ctx, t, rows, "oidc_callback.error")
}

// checkIssuer is RFC 9207: an answer that names another issuer, or none where this one promises to, is another provider's.
func checkIssuer(_ context.Context, t *attempt) (expected, received string, err error) {
	iss, said := t.a.Params.Get("iss"), t.a.Params.Has("iss")
	if said && !t.c.c.template.names(t.c.c, iss) {
		received = "another"
	}
	if !said && t.m.SaysIssuer {
		received = "none"
	}
	return "this provider as iss", received, nil
}

func checkError(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.a.Params.Has("error") {
		received = "an error"
		if code := t.a.Params.Get("error"); slices.Contains(knownErrors(), code) {
			received = code
		}
	}
	return "no error", received, nil
}

// knownErrors are those whose names may stand in a log.
func knownErrors() []string {
	return []string{
		"access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required", "invalid_request", "unauthorized_client",
		"unsupported_response_type", "invalid_scope", "server_error", "temporarily_unavailable", "unmet_authentication_requirements",
	}
}

func checkCode(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.a.Params.Get("code") == "" {
		received = "none"
	}
	return "a code", received, nil
}

func checkType(_ context.Context, t *attempt) (expected, received string, err error) {
	if !equalFold(t.tokens.Type, t.c.tokenType()) || t.tokens.Access == "" || strings.ContainsAny(t.tokens.Access, "\r\n") {
		received = "another, or none"
	}
	return "a " + t.c.tokenType() + " token", received, nil
}

func checkPresent(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.tokens.ID == "" {
		received = "none"
	}
	return "an ID token", received, nil
}

// checkSignature takes the algorithms that the operator allows and this provider's keys, which are asked for once more when none of them fits.
func checkSignature(ctx context.Context, t *attempt) (expected, received string, err error) {
	expected = "a signature by a key of the provider"
	allowed := make([]jose.SignatureAlgorithm, len(t.c.c.Algs))
	for i, alg := range t.c.c.Algs {
		allowed[i] = jose.SignatureAlgorithm(alg)
	}
	jws, err := jose.ParseSignedCompact(t.tokens.ID, allowed)
	if err != nil || len(jws.Signatures) != 1 {
		return expected, "no JWS of an algorithm that is allowed", nil
	}
	for _, renew := range []bool{false, true} {
		set, err := t.c.keySet(ctx, t.m, renew)
		if err != nil {
			return expected, "", err
		}
		if payload, issuer := verify(jws, set); payload != nil {
			t.signer, t.alg = issuer, jws.Signatures[0].Protected.Algorithm
			if t.claims, err = keys.DecodeClaims(payload); err != nil {
				return "one JSON object with sound dates", "another text", nil
			}
			t.c.c.template.normalise(t.claims)
			return expected, "", nil
		}
	}
	return expected, "another's, or none", nil
}

// verify tries the keys that the token's kid and algorithm can mean.
func verify(jws *jose.JSONWebSignature, set []key) (payload []byte, issuer string) {
	h := jws.Signatures[0].Protected
	for _, k := range set {
		if h.KeyID != "" && k.KeyID != h.KeyID || k.Algorithm != "" && k.Algorithm != h.Algorithm {
			continue
		}
		if payload, err := jws.Verify(k.Key); err == nil {
			return payload, k.said.Issuer
		}
	}
	return nil, ""
}

func checkTokenIssuer(_ context.Context, t *attempt) (expected, received string, err error) {
	if iss, _ := t.claims["iss"].(string); iss == "" || iss != t.c.c.template.issuer(t) {
		received = "another"
	}
	return "this provider as iss", received, nil
}

// checkAudience wants ourselves, and nobody whom we do not know beside us (OpenID Connect Core section 3.1.3.7, FE03).
func checkAudience(_ context.Context, t *attempt) (expected, received string, err error) {
	if aud := list(t.claims["aud"]); !slices.Equal(aud, []string{t.c.c.ClientID}) {
		received = "another, or others too"
	}
	return "this client as the only audience", received, nil
}

func checkAuthorizedParty(_ context.Context, t *attempt) (expected, received string, err error) {
	if azp, said := t.claims["azp"]; said && azp != t.c.c.ClientID {
		received = "another"
	}
	return "this client as azp", received, nil
}

// maxLife is how old an ID token may be: it was made for this answer.
const maxLife = 10 * time.Minute

func checkTime(_ context.Context, t *attempt) (expected, received string, err error) {
	now, skew := t.c.now(), t.c.skew()
	exp, okExp := keys.NumericDate(t.claims["exp"])
	iat, okIat := keys.NumericDate(t.claims["iat"])
	nbf, okNbf := keys.NumericDate(t.claims["nbf"])
	switch {
	case !okExp || !now.Before(exp.Add(skew)):
		received = "one that has expired, or never does"
	case !okIat || iat.After(now.Add(skew)) || now.Sub(iat) > maxLife+skew:
		received = "one that was not made for this answer"
	case okNbf && nbf.After(now.Add(skew)):
		received = "one that is not valid yet"
	}
	return "a token of now", received, nil
}

func checkNonce(_ context.Context, t *attempt) (expected, received string, err error) {
	said, silent := t.claims["nonce"], t.c.c.template.noNonce
	if nonce, _ := said.(string); (nonce == "" || nonce != t.kept.Nonce) && (said != nil || !silent) {
		received = "another, or none"
	}
	return "the nonce of this sign-in", received, nil
}

func checkSubject(_ context.Context, t *attempt) (expected, received string, err error) {
	if sub, _ := t.claims["sub"].(string); sub == "" || len(sub) > 255 {
		received = "none, or a longer one"
	}
	return "a subject of at most 255 characters", received, nil
}

func checkHash(_ context.Context, t *attempt) (expected, received string, err error) {
	if hash, said := t.claims["at_hash"]; said && hash != atHash(t.alg, t.tokens.Access) {
		received = "another's"
	}
	return "the hash of the access token", received, nil
}

// checkFresh wants what the request asked for: a sign-in that is newer than the request, or than max_age (OpenID Connect Core section 3.1.2.1).
func checkFresh(_ context.Context, t *attempt) (expected, received string, err error) {
	w := t.a.Wish
	if !w.Fresh && w.MaxAge == 0 || w.Linking && t.c.c.template.noAuthTime {
		return "", "", nil
	}
	least := t.a.Began
	if !w.Fresh {
		least = t.c.now().Add(-w.MaxAge)
	}
	at, ok := keys.NumericDate(t.claims["auth_time"])
	if !ok || at.Before(least.Add(-t.c.skew()).Truncate(time.Second)) {
		received = "an older one, or no word"
	}
	return "a sign-in as recent as was asked for", received, nil
}

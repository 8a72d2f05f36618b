package oidc

import "context"

// arrived judges the ID token that came with the code (OpenID Connect Core section 3.3.2).
func (t *attempt) arrived(ctx context.Context) error {
	f := &attempt{c: t.c, m: t.m, a: t.a, kept: t.kept, tokens: tokenAnswer{ID: t.a.Params.Get("id_token")}}
	if err := judge(ctx, f, rowsFront()); err != nil {
		return err
	}
	t.front = f.claims
	return nil
}

func rowsFront() []row {
	return []row{
		{Name: "oidc_front.id_token", Reason: "id_token", Check: checkPresent},
		{Name: "oidc_front.encryption", Reason: "encryption", Check: checkEncryption},
		{Name: "oidc_front.signature", Reason: "signature", Check: checkSignature},
		{Name: "oidc_front.iss", Reason: "issuer", Check: checkTokenIssuer},
		{Name: "oidc_front.aud", Reason: "audience", Check: checkAudience},
		{Name: "oidc_front.azp", Reason: "audience", Check: checkAuthorizedParty},
		{Name: "oidc_front.time", Reason: "time", Check: checkTime},
		{Name: "oidc_front.nonce", Reason: "nonce", Check: checkNonce},
		{Name: "oidc_front.sub", Reason: "subject", Check: checkSubject},
		{Name: "oidc_front.c_hash", Reason: "c_hash", Check: checkCodeHash},
		{Name: "oidc_front.s_hash", Reason: "s_hash", Check: checkStateHash},
	}
}

// checkCodeHash binds the code to the token: a code that was put in its place has another hash (section 3.3.2.11).
func checkCodeHash(_ context.Context, t *attempt) (expected, received string, err error) {
	if hash, _ := t.claims["c_hash"].(string); hash == "" || hash != atHash(t.alg, t.a.Params.Get("code")) {
		received = "another's, or none"
	}
	return "the hash of the code", received, nil
}

// checkStateHash is FAPI 1's, where it is said.
func checkStateHash(_ context.Context, t *attempt) (expected, received string, err error) {
	if hash, said := t.claims["s_hash"]; said && hash != atHash(t.alg, t.a.Params.Get("state")) {
		received = "another's"
	}
	return "the hash of the state", received, nil
}

// checkFront wants both ID tokens to be about the same person (section 3.3.3.6).
func checkFront(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.front != nil && (t.front["iss"] != t.claims["iss"] || t.front["sub"] != t.claims["sub"]) {
		received = "another"
	}
	return "the person of the ID token that came with the code", received, nil
}

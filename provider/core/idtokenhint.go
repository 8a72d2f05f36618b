package core

import "github.com/jedan-auth/jedan-auth/internal/keys"

// IDTokenHint is what an ID token of ours says about whom it was for.
type IDTokenHint struct {
	Subject  string
	Audience []string
	Session  string // sid, or ""
}

// idTokenAlgs are the algorithms that our ID tokens may carry.
func idTokenAlgs() []string { return []string{"RS256", "PS256", "ES256", "EdDSA"} }

// ReadIDTokenHint verifies that a token is an ID token that we signed. Expired ones count: the specifications say so for hints.
func ReadIDTokenHint(signer Signer, issuer, token string) (*IDTokenHint, error) {
	bad := InvalidRequest("The id_token_hint is not an ID token of this server.", "an ID token of ours", "another text")
	if len(token) > 8192 {
		return nil, bad
	}
	raw, _, err := signer.Verify(token, idTokenAlgs(), "JWT")
	if err != nil {
		return nil, bad
	}
	m, err := keys.DecodeClaims(raw)
	if err != nil {
		return nil, bad
	}
	c := claimReader{m: m}
	h := &IDTokenHint{Subject: c.text("sub"), Audience: c.list("aud"), Session: c.text("sid")}
	if c.bad || c.text("iss") != issuer || h.Subject == "" || len(h.Audience) == 0 {
		return nil, bad
	}
	return h, nil
}

package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// AssertionAlgs are the algorithms a client may sign assertions with.
func AssertionAlgs() []string { return []string{"RS256", "PS256", "ES256", "EdDSA"} }

// unverifiedSubject reads the sub of an assertion only to find the client whose keys will judge it.
func unverifiedSubject(assertion string) string {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || len(assertion) > 16<<10 {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var c struct {
		Sub string `json:"sub"`
	}
	if json.Unmarshal(raw, &c) != nil {
		return ""
	}
	return c.Sub
}

// checkClientAssertion judges private_key_jwt (RFC 7523 section 3): signature, issuer, subject, one audience, bounded lifetime, used once.
func checkClientAssertion(ctx context.Context, r *AuthnRequest) error {
	if r.Client.AuthMethod != AuthPrivateKeyJWT {
		return nil
	}
	if r.Form.Get("client_assertion_type") != assertionType {
		return InvalidClient(assertionType, "another client_assertion_type")
	}
	algs := AssertionAlgs()
	if alg := r.Client.Metadata.TokenEndpointAuthSignAlg; alg != "" {
		algs = []string{alg}
	}
	_, raw, err := r.Client.Verify(ctx, r.Form.Get("client_assertion"), algs)
	if err != nil {
		return InvalidClient("a signature by a registered key", "another")
	}
	m, err := keys.DecodeClaims(raw)
	if err != nil {
		return InvalidClient("well-formed claims", "others")
	}
	return r.a.judgeAssertion(ctx, r, &claimReader{m: m})
}

func (a *Authn) judgeAssertion(ctx context.Context, r *AuthnRequest, c *claimReader) error {
	now := a.Now()
	iss, sub, jti, exp, nbf, iat := c.text("iss"), c.text("sub"), c.text("jti"), c.time("exp"), c.time("nbf"), c.time("iat")
	aud := c.list("aud")
	switch {
	case c.bad:
		return InvalidClient("claims of the right types", "others")
	case iss != r.Client.ClientID || sub != r.Client.ClientID:
		return InvalidClient("iss and sub equal to the client_id", "others")
	case len(aud) != 1 || (aud[0] != a.Issuer && aud[0] != r.Endpoint):
		return InvalidClient("the issuer or this endpoint as the only audience", "another")
	case exp.IsZero() || !now.Before(exp.Add(a.Config.ClockSkew)):
		return InvalidClient("an unexpired assertion", "one without exp or expired")
	case exp.Sub(now) > a.Config.AssertionMax+a.Config.ClockSkew:
		return InvalidClient("a lifetime of at most "+a.Config.AssertionMax.String(), "a longer one")
	case nbf.After(now.Add(a.Config.ClockSkew)) || iat.After(now.Add(a.Config.ClockSkew)):
		return InvalidClient("nbf and iat not in the future", "one in the future")
	case jti == "" || len(jti) > 256:
		return InvalidClient("a jti of at most 256 bytes", "none or a longer one")
	}
	return a.spendAssertion(ctx, r.Client.ClientID, jti, exp)
}

// spendAssertion inserts the jti into the ledger: the insert is the check (TK09).
func (a *Authn) spendAssertion(ctx context.Context, clientID, jti string, exp time.Time) error {
	fresh, err := a.Replays.SpendOnce(ctx, &storage.Replay{
		Tenant: a.Tenant, Hash: ledgerHash("client_assertion", clientID, jti), ExpiresAt: exp.Add(2 * a.Config.ClockSkew),
	})
	if err != nil {
		return err
	}
	if !fresh {
		return InvalidClient("a jti that was not used before", "a used one")
	}
	return nil
}

func ledgerHash(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

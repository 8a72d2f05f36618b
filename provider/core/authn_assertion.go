package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
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

// checkClientAssertion judges private_key_jwt and client_secret_jwt (RFC 7523 section 3): signature, issuer, subject, one audience, bounded lifetime,
// used once.
func checkClientAssertion(ctx context.Context, r *AuthnRequest) error {
	if r.Client.AuthMethod != AuthPrivateKeyJWT && r.Client.AuthMethod != AuthSecretJWT {
		return nil
	}
	if r.Form.Get("client_assertion_type") != assertionType {
		return InvalidClient(assertionType, "another client_assertion_type")
	}
	raw, err := r.a.verifyAssertion(ctx, r.Client, r.Form.Get("client_assertion"))
	if err != nil {
		return err
	}
	m, err := keys.DecodeClaims(raw)
	if err != nil {
		return InvalidClient("well-formed claims", "others")
	}
	return r.a.judgeAssertion(ctx, r, &claimReader{m: m})
}

// AssertionAlgs are the algorithms that its assertions may have: the registered one, or all of its method.
func (c *Client) AssertionAlgs() []string {
	switch {
	case c.Metadata.TokenEndpointAuthSignAlg != "":
		return []string{c.Metadata.TokenEndpointAuthSignAlg}
	case c.AuthMethod == AuthSecretJWT:
		return SecretAlgs()
	}
	return profiles.Within(AssertionAlgs(), c.Demands.Algs)
}

// verifyAssertion checks the signature by the client's keys, or by its secret.
func (a *Authn) verifyAssertion(ctx context.Context, c *Client, assertion string) (claims []byte, err error) {
	if c.AuthMethod == AuthSecretJWT {
		return a.verifyBySecret(c, assertion)
	}
	if _, claims, err = c.Verify(ctx, assertion, c.AssertionAlgs()); err != nil {
		return nil, InvalidClient("a signature by a registered key", "another")
	}
	return claims, nil
}

// verifyBySecret opens the client's secret, which is sealed instead of hashed for this.
func (a *Authn) verifyBySecret(c *Client, assertion string) (claims []byte, err error) {
	if c.SecretSealed.IsZero() {
		return nil, InvalidClient("a sealed secret", "none")
	}
	secret, err := a.Vault.Open(SecretAt(c.Client), c.SecretSealed)
	if err != nil {
		return nil, err
	}
	_, claims, err = keys.VerifySecret(secret, assertion, c.AssertionAlgs())
	if err != nil {
		return nil, InvalidClient("a MAC by the client's secret", "another")
	}
	return claims, nil
}

// SecretAt is where a client's secret is sealed.
func SecretAt(c *storage.Client) seal.Location {
	return seal.Location{Table: "clients", Column: "secret_sealed", Tenant: c.Tenant, Row: c.ID}
}

// SecretAlgs are the algorithms of client_secret_jwt.
func SecretAlgs() []string { return []string{"HS256", "HS384", "HS512"} }

func (a *Authn) judgeAssertion(ctx context.Context, r *AuthnRequest, c *claimReader) error {
	now := a.Now()
	iss, sub, jti, exp, nbf, iat := c.text("iss"), c.text("sub"), c.text("jti"), c.time("exp"), c.time("nbf"), c.time("iat")
	aud := c.list("aud")
	switch {
	case c.bad:
		return InvalidClient("claims of the right types", "others")
	case iss != r.Client.ClientID || sub != r.Client.ClientID:
		return InvalidClient("iss and sub equal to the client_id", "others")
	case !a.audience(r, c.m["aud"], aud):
		return InvalidClient("the issuer, or the token endpoint where that is allowed, as the only audience", "another")
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

// audience judges the one audience of an assertion. It is the issuer; a profile may insist on that, as a string (RFC 7523 as
// draft-ietf-oauth-rfc7523bis changes it). Otherwise it may be the token endpoint (OpenID Connect Core section 9) or this endpoint (RFC 9126 section
// 2), also as they are called where certificates are asked for. Under FAPI 1.0 the issuer may stand among others, as that profile's clients expect.
func (a *Authn) audience(r *AuthnRequest, claim any, aud []string) bool {
	if r.Client.Demands.IssuerAudience {
		return claim == any(a.Issuer)
	}
	if r.Client.Demands.OtherAudiences && slices.Contains(aud, a.Issuer) {
		return true
	}
	if len(aud) != 1 {
		return false
	}
	if a.Alias != "" {
		if below, ok := strings.CutPrefix(aud[0], a.Alias+"/"); ok {
			aud[0] = a.Issuer + "/" + below
		}
	}
	return slices.Contains([]string{a.Issuer, a.Issuer + "/oauth2/token", r.Endpoint}, aud[0])
}

// spendAssertion inserts the jti into the ledger: the insert is the check (TK09).
func (a *Authn) spendAssertion(ctx context.Context, clientID, jti string, exp time.Time) error {
	fresh, err := a.Replays.SpendOnce(ctx, &storage.Replay{
		Tenant: a.Tenant, Hash: LedgerHash("client_assertion", clientID, jti), ExpiresAt: exp.Add(2 * a.Config.ClockSkew),
	})
	if err != nil {
		return err
	}
	if !fresh {
		return InvalidClient("a jti that was not used before", "a used one")
	}
	return nil
}

// LedgerHash names a thing that may be used once: what kind, whose, and which.
func LedgerHash(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

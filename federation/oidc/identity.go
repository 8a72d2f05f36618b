package oidc

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// list reads a claim that is one text or several.
func list(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, one := range v {
			if s, ok := one.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// atHash is the left half of the access token's hash (OpenID Connect Core section 3.1.3.6); "" for an algorithm without one.
func atHash(alg, token string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(alg, "256"):
		s := sha256.Sum256([]byte(token))
		sum = s[:]
	case strings.HasSuffix(alg, "384"):
		s := sha512.Sum384([]byte(token))
		sum = s[:]
	case strings.HasSuffix(alg, "512"), alg == "EdDSA":
		s := sha512.Sum512([]byte(token))
		sum = s[:]
	default:
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// profileClaims are the standard claims that go over as they are (OpenID Connect Core section 5.1). Phone numbers do not: nobody here has verified
// them.
func profileClaims() []string {
	return []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale",
		"preferred_username", "email",
	}
}

// identity is what was verified, as the broker wants it. The key is issuer and subject, which name the person for good.
func (t *attempt) identity() *federation.Identity {
	sub, _ := t.claims["sub"].(string)
	id := &federation.Identity{Key: t.c.c.template.key(t), Subject: sub, Claims: t.claims, Profile: map[string]any{}, Groups: t.groups(), AMR: list(t.claims["amr"])}
	id.ACR, _ = t.claims["acr"].(string)
	id.Session, _ = t.claims["sid"].(string)
	id.At, _ = keys.NumericDate(t.claims["auth_time"])
	for _, name := range profileClaims() {
		if s, ok := t.claims[name].(string); ok && s != "" {
			id.Profile[name] = s
		}
	}
	id.Profile["email_verified"] = t.trusted()
	id.Tokens = &federation.Tokens{Access: t.tokens.Access, Refresh: t.tokens.Refresh, ID: t.tokens.ID, Scope: t.tokens.Scope, ExpiresAt: t.expiry()}
	return id
}

// groups are those of the first claim of groups_claim (names, with blanks between them) that is there.
func (t *attempt) groups() []string {
	for name := range strings.FieldsSeq(t.c.c.GroupsClaim) {
		if claim, said := t.claims[name]; said {
			return list(claim)
		}
	}
	return nil
}

// trusted says that the provider's word for the address counts: its template's rule says so, and it is of a domain that the operator named, if any.
func (t *attempt) trusted() bool {
	address, _ := t.claims["email"].(string)
	at := strings.LastIndexByte(address, '@')
	if at < 1 || !t.c.c.template.trusts(t) {
		return false
	}
	return len(t.c.c.EmailDomains) == 0 || among(t.c.c.EmailDomains, address[at+1:])
}

// among compares without regard to case.
func among(list []string, one string) bool {
	return slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, one) })
}

func (t *attempt) expiry() time.Time {
	seconds, err := json.Number(t.tokens.ExpiresIn).Int64()
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return t.c.now().Add(time.Duration(min(seconds, 366*24*3600)) * time.Second)
}

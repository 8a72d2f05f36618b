package core

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Vocabulary is the scopes that ask for claims about people, and those claims: the standard ones (OpenID Connect Core section 5.4), and what a deployment
// adds to them. The nil vocabulary is the standard's.
type Vocabulary struct {
	own map[string][]string // claims by scope
}

// NewVocabulary adds claims to the standard's, by the scope that asks for them.
func NewVocabulary(own map[string][]string) *Vocabulary { return &Vocabulary{own: own} }

func standardScopes() []string { return []string{"profile", "email", "address", "phone"} }

// Scopes lists the scopes that ask for claims, the standard ones first.
func (v *Vocabulary) Scopes() []string {
	out := standardScopes()
	if v == nil {
		return out
	}
	for _, s := range slices.Sorted(maps.Keys(v.own)) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Claims lists the claims that a scope asks for.
func (v *Vocabulary) Claims(scope string) []string {
	claims := standardClaims(scope)
	if v == nil {
		return claims
	}
	return append(claims, v.own[scope]...)
}

func standardClaims(scope string) []string {
	switch scope {
	case "profile":
		return []string{"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
			"gender", "birthdate", "zoneinfo", "locale", "updated_at"}
	case "email":
		return []string{"email", "email_verified"}
	case "address":
		return []string{"address"}
	case "phone":
		return []string{"phone_number", "phone_number_verified"}
	}
	return nil
}

// Supported is what discovery publishes.
func (v *Vocabulary) Supported() []string {
	out := []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"}
	for _, s := range v.Scopes() {
		out = append(out, v.Claims(s)...)
	}
	return append(out, ScopeGroups)
}

// ScopeOf is the scope that asks for a claim about people, "" for what is none.
func (v *Vocabulary) ScopeOf(claim string) string {
	for _, s := range v.Scopes() {
		if slices.Contains(v.Claims(s), claim) {
			return s
		}
	}
	return ""
}

// Pick chooses from a person's claims those that scopes and the claims request ask for. Only claims of the vocabulary ever leave.
func (v *Vocabulary) Pick(person map[string]any, updated time.Time, scopes []string, asked map[string]*ClaimRequest) map[string]any {
	out := map[string]any{}
	take := func(name string, only *ClaimRequest) {
		value, ok := person[name]
		if name == "updated_at" {
			value, ok = updated.Unix(), true
		}
		if text, err := json.Marshal(value); ok && err == nil && v.ScopeOf(name) != "" && only.accepts(text) {
			out[name] = value
		}
	}
	for name, r := range asked {
		take(name, r)
	}
	for _, s := range scopes {
		for _, name := range v.Claims(s) {
			take(name, nil)
		}
	}
	return out
}

// PersonScope reports whether a scope means a person; a client's own token never carries one.
func (v *Vocabulary) PersonScope(scope string) bool {
	return scope == "openid" || scope == "offline_access" || scope == ScopeGroups || len(v.Claims(scope)) > 0
}

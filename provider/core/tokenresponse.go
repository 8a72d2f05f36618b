package core

import (
	"strings"
	"time"
)

// TokenResponse is a successful answer of the token endpoint (RFC 6749 section 5.1).
type TokenResponse struct {
	AccessToken  string
	TokenType    string  // "": what Cnf demands
	Cnf          Binding // the keys that the access token is bound to
	ExpiresIn    int64   // seconds; below zero: not known
	Scope        string
	RefreshToken string // "" if none
	IDToken      string // "" if none
	IssuedType   string // issued_token_type of a token exchange (RFC 8693 section 2.2.1); "" elsewhere
	Details      string // authorization_details as granted (RFC 9396 section 7), JSON; "" if none
}

// NewTokenResponse says of an access token what the answer says beside it. The token itself is still to be written.
func NewTokenResponse(a *AccessToken) *TokenResponse {
	return &TokenResponse{Cnf: a.Cnf, ExpiresIn: int64(a.ExpiresAt.Sub(a.IssuedAt) / time.Second), Scope: a.Scope(), Details: a.Details}
}

// Kind is what sort of access token it is, for metrics.
func (t *TokenResponse) Kind() string {
	if strings.HasPrefix(t.AccessToken, PrefixAccess) {
		return "opaque"
	}
	return "jwt"
}

// Append writes the response as JSON.
func (t *TokenResponse) Append(b []byte) []byte {
	b = appendString(append(b, `{"access_token":`...), t.AccessToken)
	b = appendString(append(b, `,"token_type":`...), t.tokenType())
	if t.ExpiresIn >= 0 {
		b = append(b, `,"expires_in":`...)
		b = appendDecimal(b, t.ExpiresIn)
	}
	for _, f := range [...]struct{ name, value string }{{`,"scope":`, t.Scope}, {`,"refresh_token":`, t.RefreshToken}, {`,"id_token":`, t.IDToken}, {`,"issued_token_type":`, t.IssuedType}} {
		if f.value != "" {
			b = appendString(append(b, f.name...), f.value)
		}
	}
	if t.Details != "" {
		b = append(append(b, `,"authorization_details":`...), t.Details...)
	}
	return append(b, '}')
}

// Room is how many bytes Append needs, or a little more.
func (t *TokenResponse) Room() int {
	const names = 224 // of the members, with what else is short
	return names + len(t.AccessToken) + len(t.Scope) + len(t.RefreshToken) + len(t.IDToken) + len(t.IssuedType) + len(t.Details)
}

func (t *TokenResponse) tokenType() string {
	if t.TokenType != "" {
		return t.TokenType
	}
	return t.Cnf.TokenType()
}

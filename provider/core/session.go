package core

import (
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/token/jwt"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Session is what fosite carries through one response: the one grant behind it, and what has been written for it so far.
type Session struct {
	Grant  *storage.Grant
	Client *Client
	Access AccessToken    // template of the access token; its times and scopes are final
	Claims map[string]any // the person's, for the ID token
	IDLife time.Duration
	Now    time.Time

	Redirect string // the redirect URI that our table matched
	State    string // of an authorization response, for s_hash
	Nonce1   seal.Text
	refresh  func(*Session) (string, error) // makes the refresh token and seals its nonce into Nonce1

	code, access string
	expires      map[fosite.TokenType]time.Time
	claims       jwt.IDTokenClaims
	headers      jwt.Headers
}

var (
	_ fosite.Session = (*Session)(nil)
	_ openid.Session = (*Session)(nil)
)

// SetExpiresAt implements fosite.Session.
func (s *Session) SetExpiresAt(key fosite.TokenType, exp time.Time) {
	if s.expires == nil {
		s.expires = map[fosite.TokenType]time.Time{}
	}
	s.expires[key] = exp
}

// GetExpiresAt implements fosite.Session.
func (s *Session) GetExpiresAt(key fosite.TokenType) time.Time { return s.expires[key] }

// GetUsername implements fosite.Session; tokens never carry one.
func (s *Session) GetUsername() string { return "" }

// GetSubject implements fosite.Session.
func (s *Session) GetSubject() string { return s.Grant.Subject }

// Clone implements fosite.Session. The session belongs to one response and is never shared, so it is its own clone.
func (s *Session) Clone() fosite.Session { return s }

// IDTokenClaims implements openid.Session; our strategy reads Grant and Claims instead.
func (s *Session) IDTokenClaims() *jwt.IDTokenClaims {
	s.claims.Subject = s.Grant.Subject
	return &s.claims
}

// IDTokenHeaders implements openid.Session.
func (s *Session) IDTokenHeaders() *jwt.Headers { return &s.headers }

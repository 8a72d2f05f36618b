package core

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/handler/pkce"

	"github.com/jedan-auth/jedan-auth/storage"
)

// store is what fosite believes to be a database. The grant row is written by our own code before fosite answers an authorization request, so
// Create… has nothing left to do; the one thing it may change is the code: InvalidateAuthorizeCodeSession is the compare-and-swap that spends it.
type store struct {
	redeem func(ctx context.Context, s *Session) error
}

var (
	_ fosite.Storage                     = (*store)(nil)
	_ oauth2.CoreStorage                 = (*store)(nil)
	_ oauth2.TokenRevocationStorage      = (*store)(nil)
	_ openid.OpenIDConnectRequestStorage = (*store)(nil)
	_ pkce.PKCERequestStorage            = (*store)(nil)
)

type sessionKey struct{}

// WithSession lets fosite's calls find the session of this response.
func WithSession(ctx context.Context, s *Session) context.Context {
	return context.WithValue(ctx, sessionKey{}, s)
}

func ctxSession(ctx context.Context) (*Session, error) {
	if s, ok := ctx.Value(sessionKey{}).(*Session); ok {
		return s, nil
	}
	return nil, errors.New("core: no session in the context")
}

// clientFor shows fosite the client of this response and no other.
func clientFor(s *Session) *fositeClient {
	return &fositeClient{Client: s.Client, redirect: s.Redirect, refresh: s.Grant.Refresh, scopes: s.Grant.Scopes}
}

// GetClient implements fosite.ClientManager.
func (st *store) GetClient(ctx context.Context, id string) (fosite.Client, error) {
	s, err := ctxSession(ctx)
	if err != nil {
		return nil, err
	}
	if s.Client.ClientID != id {
		return nil, fosite.ErrNotFound
	}
	return clientFor(s), nil
}

// requester rebuilds the authorization request from the grant row.
func requester(s *Session) fosite.Requester {
	r := fosite.NewRequest()
	r.ID, r.Client, r.Session, r.RequestedAt = s.Grant.ID.String(), clientFor(s), s, s.Grant.CreatedAt
	r.RequestedScope, r.GrantedScope = fosite.Arguments(s.Grant.Scopes), fosite.Arguments(s.Grant.Scopes)
	r.Form = url.Values{"redirect_uri": {s.Grant.RedirectURI}, "nonce": {s.Grant.Nonce}}
	if s.Grant.Challenge != "" {
		r.Form.Set("code_challenge", s.Grant.Challenge)
		r.Form.Set("code_challenge_method", "S256")
	}
	return r
}

// GetAuthorizeCodeSession implements oauth2.AuthorizeCodeStorage.
func (st *store) GetAuthorizeCodeSession(ctx context.Context, _ string, _ fosite.Session) (fosite.Requester, error) {
	s, err := ctxSession(ctx)
	if err != nil {
		return nil, err
	}
	if s.Grant.Code == storage.CodeNone {
		return nil, fosite.ErrNotFound
	}
	return requester(s), nil
}

// InvalidateAuthorizeCodeSession spends the code: exactly one caller succeeds.
func (st *store) InvalidateAuthorizeCodeSession(ctx context.Context, _ string) error {
	s, err := ctxSession(ctx)
	if err != nil {
		return err
	}
	return st.redeem(ctx, s)
}

// GetPKCERequestSession implements pkce.PKCERequestStorage; the challenge lives in the grant and is never deleted.
func (st *store) GetPKCERequestSession(ctx context.Context, _ string, _ fosite.Session) (fosite.Requester, error) {
	s, err := ctxSession(ctx)
	if err != nil {
		return nil, err
	}
	if s.Grant.Challenge == "" {
		return nil, fosite.ErrNotFound
	}
	return requester(s), nil
}

// GetOpenIDConnectSession implements openid.OpenIDConnectRequestStorage.
func (st *store) GetOpenIDConnectSession(ctx context.Context, _ string, _ fosite.Requester) (fosite.Requester, error) {
	s, err := ctxSession(ctx)
	if err != nil {
		return nil, err
	}
	if !s.Grant.Scopes.Has("openid") {
		return nil, openid.ErrNoSessionFound
	}
	return requester(s), nil
}

func (st *store) CreateAuthorizeCodeSession(context.Context, string, fosite.Requester) error {
	return nil
}
func (st *store) CreateAccessTokenSession(context.Context, string, fosite.Requester) error {
	return nil
}
func (st *store) CreateRefreshTokenSession(context.Context, string, string, fosite.Requester) error {
	return nil
}
func (st *store) CreatePKCERequestSession(context.Context, string, fosite.Requester) error {
	return nil
}
func (st *store) CreateOpenIDConnectSession(context.Context, string, fosite.Requester) error {
	return nil
}
func (st *store) DeletePKCERequestSession(context.Context, string) error   { return nil }
func (st *store) DeleteOpenIDConnectSession(context.Context, string) error { return nil }

// What follows belongs to flows that our own handlers serve; fosite must not get there.

func (st *store) GetAccessTokenSession(context.Context, string, fosite.Session) (fosite.Requester, error) {
	return nil, errNotOurs
}

func (st *store) GetRefreshTokenSession(context.Context, string, fosite.Session) (fosite.Requester, error) {
	return nil, errNotOurs
}
func (st *store) DeleteAccessTokenSession(context.Context, string) error         { return errNotOurs }
func (st *store) DeleteRefreshTokenSession(context.Context, string) error        { return errNotOurs }
func (st *store) RotateRefreshToken(context.Context, string, string) error       { return errNotOurs }
func (st *store) RevokeRefreshToken(context.Context, string) error               { return errNotOurs }
func (st *store) RevokeAccessToken(context.Context, string) error                { return errNotOurs }
func (st *store) ClientAssertionJWTValid(context.Context, string) error          { return errNotOurs }
func (st *store) SetClientAssertionJWT(context.Context, string, time.Time) error { return errNotOurs }

package core

import (
	"context"
	"errors"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/token/jwt"
)

// strategy lets fosite's handlers write our tokens. It implements jwt.Signer only because fosite's factories ask for one: nothing that a
// client sends reaches it, since our tables verify every JWT first.
type strategy struct{ tokens *Tokens }

var (
	_ oauth2.CoreStrategy               = (*strategy)(nil)
	_ openid.OpenIDConnectTokenStrategy = (*strategy)(nil)
	_ jwt.Signer                        = (*strategy)(nil)
)

var errNotOurs = errors.New("core: fosite never verifies tokens here")

func sessionOf(r fosite.Requester) (*Session, error) {
	s, ok := r.GetSession().(*Session)
	if !ok {
		return nil, errors.New("core: a foreign session")
	}
	return s, nil
}

// GenerateAuthorizeCode returns the grant's one code.
func (s *strategy) GenerateAuthorizeCode(_ context.Context, r fosite.Requester) (string, string, error) {
	sess, err := sessionOf(r)
	if err != nil {
		return "", "", err
	}
	sess.code = s.tokens.Code(sess.Grant.ID)
	return sess.code, sess.code, nil
}

// AuthorizeCodeSignature is the code itself: it carries its own MAC.
func (s *strategy) AuthorizeCodeSignature(_ context.Context, code string) string { return code }

// ValidateAuthorizeCode checks the MAC and that the code is this session's.
func (s *strategy) ValidateAuthorizeCode(_ context.Context, r fosite.Requester, code string) error {
	sess, err := sessionOf(r)
	if err != nil {
		return err
	}
	if grant, ok := s.tokens.ParseCode(code); !ok || grant != sess.Grant.ID {
		return fosite.ErrInvalidGrant
	}
	return nil
}

// GenerateAccessToken writes the session's access token.
func (s *strategy) GenerateAccessToken(_ context.Context, r fosite.Requester) (string, string, error) {
	sess, err := sessionOf(r)
	if err != nil {
		return "", "", err
	}
	sess.access, err = s.tokens.MintAccess(&sess.Access)
	return sess.access, sess.Access.ID.String(), err
}

// GenerateRefreshToken writes the grant's first refresh token.
func (s *strategy) GenerateRefreshToken(_ context.Context, r fosite.Requester) (string, string, error) {
	sess, err := sessionOf(r)
	if err != nil {
		return "", "", err
	}
	if sess.refresh == nil {
		return "", "", errors.New("core: this grant carries no refresh token")
	}
	token, err := sess.refresh(sess)
	return token, "refresh", err
}

// GenerateIDToken writes the session's ID token over what was written before it.
func (s *strategy) GenerateIDToken(ctx context.Context, _ time.Duration, r fosite.Requester) (string, error) {
	sess, err := sessionOf(r)
	if err != nil {
		return "", err
	}
	return s.tokens.MintIDToken(ctx, &IDToken{
		Grant: sess.Grant, Client: sess.Client, IssuedAt: sess.Now, ExpiresAt: sess.Now.Add(sess.IDLife),
		AccessToken: sess.access, Code: sess.code, State: sess.State, Claims: sess.Claims,
	})
}

// AccessTokenSignature, RefreshTokenSignature and the Validate methods belong to flows that our own handlers serve.
func (s *strategy) AccessTokenSignature(context.Context, string) string  { return "" }
func (s *strategy) RefreshTokenSignature(context.Context, string) string { return "" }
func (s *strategy) ValidateAccessToken(context.Context, fosite.Requester, string) error {
	return errNotOurs
}

func (s *strategy) ValidateRefreshToken(context.Context, fosite.Requester, string) error {
	return errNotOurs
}

func (s *strategy) Generate(context.Context, jwt.MapClaims, jwt.Mapper) (string, string, error) {
	return "", "", errNotOurs
}
func (s *strategy) Validate(context.Context, string) (string, error)     { return "", errNotOurs }
func (s *strategy) Hash(context.Context, []byte) ([]byte, error)         { return nil, errNotOurs }
func (s *strategy) Decode(context.Context, string) (*jwt.Token, error)   { return nil, errNotOurs }
func (s *strategy) GetSignature(context.Context, string) (string, error) { return "", errNotOurs }
func (s *strategy) GetSigningMethodLength(context.Context) int           { return 0 }

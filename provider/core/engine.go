package core

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ory/fosite"
)

// syntheticState satisfies fosite's rule that a state is never missing; the real one, if any, is put back by our own writer.
const syntheticState = "jedan-synthetic-state"

// Engine drives fosite for the one grant of a session: our tables have already judged the request, fosite is the second opinion and calls the
// handlers of compose.go in order.
type Engine struct {
	oauth2 fosite.OAuth2Provider
	redeem *Redeemer
}

// NewEngine returns an engine over a composed provider.
func NewEngine(p fosite.OAuth2Provider, redeem *Redeemer) *Engine {
	return &Engine{oauth2: p, redeem: redeem}
}

// Parts are what compose.go gives to fosite's factories.
func Parts(tokens *Tokens, redeem *Redeemer) (fositeStore, fositeStrategy any) {
	return &store{redeem: redeem.spend}, &strategy{tokens: tokens}
}

// FositeConfig is the fosite configuration under which the engine runs.
func FositeConfig(c Config, issuer string) *fosite.Config {
	return &fosite.Config{
		AccessTokenLifespan: c.AccessLifetime, AuthorizeCodeLifespan: c.CodeLifetime, IDTokenLifespan: c.IDTokenLifetime, RefreshTokenLifespan: c.GrantLifetime,
		IDTokenIssuer: issuer, AccessTokenIssuer: issuer, ScopeStrategy: fosite.ExactScopeStrategy, AudienceMatchingStrategy: noAudience,
		MinParameterEntropy: 1, RefreshTokenScopes: []string{}, OmitRedirectScopeParam: true, EnforcePKCEForPublicClients: true,
		RedirectSecureChecker:        func(context.Context, *url.URL) bool { return true }, // our own table matched it exactly
		ClientAuthenticationStrategy: authenticated, SendDebugMessagesToClients: false,
	}
}

// noAudience refuses fosite's own audience parameter: resources are RFC 8707's and judged by our table.
func noAudience(_, needle []string) error {
	if len(needle) > 0 {
		return fosite.ErrInvalidRequest
	}
	return nil
}

// authenticated hands fosite the client that our own authentication let through.
func authenticated(ctx context.Context, _ *http.Request, _ url.Values) (fosite.Client, error) {
	s, err := ctxSession(ctx)
	if err != nil {
		return nil, fosite.ErrInvalidClient
	}
	return clientFor(s), nil
}

// AuthorizeParams returns the parameters of a successful authorization response, without state and iss.
func (e *Engine) AuthorizeParams(ctx context.Context, s *Session, responseType string) (url.Values, error) {
	ctx = WithSession(ctx, s)
	ar, err := e.oauth2.NewAuthorizeRequest(ctx, authorizeRequest(ctx, s, responseType))
	if err != nil {
		return nil, err
	}
	for _, scope := range s.Grant.Scopes {
		ar.GrantScope(scope)
	}
	s.SetExpiresAt(fosite.AccessToken, s.Access.ExpiresAt)
	resp, err := e.oauth2.NewAuthorizeResponse(ctx, ar, s)
	if err != nil {
		return nil, err
	}
	params := resp.GetParameters()
	params.Del("state")
	params.Del("scope")
	if params.Has("access_token") {
		params.Set("token_type", TypeBearer)
		params.Set("scope", strings.Join(s.Grant.Scopes, " "))
	}
	return params, nil
}

func authorizeRequest(ctx context.Context, s *Session, responseType string) *http.Request {
	form := url.Values{
		"client_id": {s.Client.ClientID}, "redirect_uri": {s.Redirect}, "response_type": {responseType},
		"scope": {strings.Join(s.Grant.Scopes, " ")}, "state": {syntheticState},
	}
	set := func(name, v string) {
		if v != "" {
			form.Set(name, v)
		}
	}
	set("nonce", s.Grant.Nonce)
	if s.Grant.Challenge != "" {
		set("code_challenge", s.Grant.Challenge)
		set("code_challenge_method", "S256")
	}
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}, Form: form}
	return r.WithContext(ctx)
}

// CodeTokens redeems the grant's code and returns access token, refresh token (or "") and ID token (or "").
func (e *Engine) CodeTokens(ctx context.Context, s *Session, code, redirectURI, verifier string) (*TokenResponse, error) {
	ctx = WithSession(ctx, s)
	s.refresh = e.redeem.firstRefresh
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}, "client_id": {s.Client.ClientID}}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	r := (&http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/"}, Header: http.Header{}, Form: form, PostForm: form}).WithContext(ctx)
	ar, err := e.oauth2.NewAccessRequest(ctx, r, s)
	if err != nil {
		return nil, spentOr(err)
	}
	resp, err := e.oauth2.NewAccessResponse(ctx, ar)
	if err != nil {
		return nil, spentOr(err)
	}
	out := NewTokenResponse(&s.Access)
	out.AccessToken = resp.GetAccessToken()
	out.RefreshToken, _ = resp.GetExtra("refresh_token").(string)
	out.IDToken, _ = resp.GetExtra("id_token").(string)
	return out, nil
}

// spentOr finds our own refusal or storage failure inside the server_error that fosite makes of it.
func spentOr(err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	var f *fosite.RFC6749Error
	if errors.As(err, &f) && f.Cause() != nil && f.Cause() != err {
		var inner *Refusal
		if errors.As(f.Cause(), &inner) {
			return inner
		}
		return errors.Join(err, f.Cause())
	}
	return err
}

package rp

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// goApp is an application on go-oidc and x/oauth2, as the README shows one.
type goApp struct {
	w        *world
	provider *oidc.Provider
	conf     oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func newGoApp(ctx context.Context, w *world, rp *testkit.RP, alg string) *goApp {
	w.t.Helper()
	provider, err := oidc.NewProvider(ctx, w.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	return &goApp{
		w: w, provider: provider, verifier: provider.VerifierContext(ctx, &oidc.Config{ClientID: rp.ID, SupportedSigningAlgs: []string{alg}}),
		conf: oauth2.Config{
			ClientID: rp.ID, ClientSecret: rp.Secret, RedirectURL: rp.Redirect, Endpoint: provider.Endpoint(),
			Scopes: []string{oidc.ScopeOpenID, "profile", "email", "address", "phone", oidc.ScopeOfflineAccess},
		},
	}
}

// signIn runs the code flow with state, nonce and PKCE.
func (a *goApp) signIn(ctx context.Context, options ...oauth2.AuthCodeOption) (*oauth2.Token, *oidc.IDToken) {
	a.w.t.Helper()
	state, nonce, verifier := oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	back := a.w.callback(a.conf.AuthCodeURL(state, append(options, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))...)).Query()
	if back.Get("state") != state || back.Get("iss") != a.w.URL {
		a.w.t.Fatalf("state %q and iss %q are not what they were", back.Get("state"), back.Get("iss"))
	}
	token, err := a.conf.Exchange(ctx, back.Get("code"), append(options, oauth2.VerifierOption(verifier))...)
	if err != nil {
		a.w.t.Fatal(err)
	}
	id := a.idToken(ctx, token)
	if id.Nonce != nonce {
		a.w.t.Errorf("nonce %q, want %q", id.Nonce, nonce)
	}
	return token, id
}

func (a *goApp) idToken(ctx context.Context, token *oauth2.Token) *oidc.IDToken {
	a.w.t.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := a.verifier.Verify(ctx, raw)
	if err != nil {
		a.w.t.Fatal(err)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		a.w.t.Error(err)
	}
	if id.Subject != a.w.subject {
		a.w.t.Errorf("sub %q, want %q", id.Subject, a.w.subject)
	}
	return id
}

func TestGo(t *testing.T) {
	w := open(t)
	for _, m := range []method{
		{"client_secret_basic", "RS256"}, {"client_secret_post", "ES256"}, {"none", "EdDSA"}, {"client_secret_basic", "PS256"}, {"none", "RS256"},
	} {
		t.Run(m.name(), func(t *testing.T) { goFlow(t.Context(), w.with(t), m) })
	}
}

func goFlow(ctx context.Context, w *world, m method) {
	rp, _ := w.register(m)
	app := newGoApp(ctx, w, rp, m.alg)
	token, id := app.signIn(ctx)
	app.userinfo(ctx, token)
	if _, err := app.verifier.Verify(ctx, token.AccessToken); err == nil {
		w.t.Error("an access token passes for an ID token")
	}
	next := app.refresh(ctx, token)
	renewed := app.idToken(ctx, next)
	if renewed.Issuer != id.Issuer || !slices.Equal(renewed.Audience, id.Audience) {
		w.t.Errorf("a refresh changed iss %q or aud %q", renewed.Issuer, renewed.Audience)
	}
	app.userinfo(ctx, next)
}

// refresh lets the library renew an access token that it takes for expired.
func (a *goApp) refresh(ctx context.Context, token *oauth2.Token) *oauth2.Token {
	a.w.t.Helper()
	old := *token
	old.Expiry = time.Now().Add(-time.Minute)
	next, err := a.conf.TokenSource(ctx, &old).Token()
	if err != nil {
		a.w.t.Fatal(err)
	}
	if next.AccessToken == token.AccessToken || next.RefreshToken == "" || !next.Valid() {
		a.w.t.Errorf("nothing new came of a refresh")
	}
	return next
}

func (a *goApp) userinfo(ctx context.Context, token *oauth2.Token) {
	a.w.t.Helper()
	info, err := a.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		a.w.t.Fatal(err)
	}
	var claims struct {
		Name    string `json:"name"`
		Phone   string `json:"phone_number"`
		Address struct {
			Country string `json:"country"`
		} `json:"address"`
	}
	if err := info.Claims(&claims); err != nil {
		a.w.t.Fatal(err)
	}
	if info.Subject != a.w.subject || info.Email != email || !info.EmailVerified || claims.Name != "Maria Example" || claims.Address.Country != "HR" || claims.Phone == "" {
		a.w.t.Errorf("UserInfo is %+v with %+v", info, claims)
	}
}

// TestGoSignedUserinfo: go-oidc verifies a UserInfo answer that is a JWT.
func TestGoSignedUserinfo(t *testing.T) {
	w := open(t)
	rp, _ := w.register(method{"client_secret_basic", "RS256"}, func(m *storage.ClientMetadata) { m.UserinfoSignedRespAlg = "RS256" })
	app := newGoApp(t.Context(), w, rp, "RS256")
	token, _ := app.signIn(t.Context())
	app.userinfo(t.Context(), token)
}

// TestGoRefusesOthers: a token for one application is no token for another, whatever key signed it.
func TestGoRefusesOthers(t *testing.T) {
	w := open(t)
	ours, _ := w.register(method{"client_secret_basic", "RS256"})
	other, _ := w.register(method{"client_secret_basic", "RS256"})
	token, _ := newGoApp(t.Context(), w, ours, "RS256").signIn(t.Context())
	raw, _ := token.Extra("id_token").(string)
	if _, err := newGoApp(t.Context(), w, other, "RS256").verifier.Verify(t.Context(), raw); err == nil {
		t.Error("an ID token passes at an application that it was not made for")
	}
	if _, err := newGoApp(t.Context(), w, ours, "ES256").verifier.Verify(t.Context(), raw); err == nil {
		t.Error("an RS256 ID token passes where ES256 is expected")
	}
}

// TestGoResource: an API verifies access tokens as JWTs with nothing but the issuer and its own name (RFC 9068).
func TestGoResource(t *testing.T) {
	w := open(t)
	w.Resource(api, nil)
	rp, _ := w.register(method{"client_secret_basic", "RS256"}, func(m *storage.ClientMetadata) { m.Resources = []string{api} })
	app := newGoApp(t.Context(), w, rp, "RS256")
	token, _ := app.signIn(t.Context(), oauth2.SetAuthURLParam("resource", api))
	w.judgeAccess(app.provider, token.AccessToken, w.subject)
	if _, err := app.provider.Verifier(&oidc.Config{ClientID: "https://other.example", SupportedSigningAlgs: []string{"ES256"}}).Verify(t.Context(), token.AccessToken); err == nil {
		t.Error("an access token passes at an API that it was not made for")
	}
}

// TestGoMachine: a machine gets a token for an API by client credentials.
func TestGoMachine(t *testing.T) {
	w := open(t)
	w.Resource(api, nil)
	rp := w.Client(storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{"https://unused.acme.example"}, Resources: []string{api}})
	provider, err := oidc.NewProvider(t.Context(), w.URL)
	if err != nil {
		t.Fatal(err)
	}
	conf := clientcredentials.Config{ClientID: rp.ID, ClientSecret: rp.Secret, TokenURL: provider.Endpoint().TokenURL, EndpointParams: map[string][]string{"resource": {api}}}
	token, err := conf.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.judgeAccess(provider, token.AccessToken, rp.ID)
}

// judgeAccess is an API that verifies a token by itself.
func (w *world) judgeAccess(provider *oidc.Provider, token, subject string) {
	w.t.Helper()
	access, err := provider.Verifier(&oidc.Config{ClientID: api, SupportedSigningAlgs: []string{"ES256"}}).Verify(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	var claims struct {
		ClientID string `json:"client_id"`
		ID       string `json:"jti"`
	}
	if err := access.Claims(&claims); err != nil {
		w.t.Fatal(err)
	}
	if access.Subject != subject || claims.ClientID == "" || claims.ID == "" {
		w.t.Errorf("sub %q, want %q; client_id %q, jti %q", access.Subject, subject, claims.ClientID, claims.ID)
	}
}

package modules

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	grantBearer   = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	typeAccess    = "urn:ietf:params:oauth:token-type:access_token"
	typeID        = "urn:ietf:params:oauth:token-type:id_token"
	typeJWT       = "urn:ietf:params:oauth:token-type:jwt"
	elsewhere     = "https://idp.example" // another issuer
)

// trusting starts a server that trusts another issuer in a way, and returns that issuer's key.
func trusting(t *testing.T, way string, options ...func(*core.IssuerConfig)) (*world, *key) {
	t.Helper()
	k := newKey(t, "ES256")
	c := core.IssuerConfig{
		Issuer: elsewhere, JWKS: string(k.jwks()), Algorithms: []string{"ES256", "RS256"}, Audiences: []string{"https://shop.example"}, Subject: way,
		Scopes: []string{"openid", "email", "orders:read"},
	}
	if way == core.MapService {
		c.Services = []string{"repo:acme/shop:ref:main"}
	}
	for _, o := range options {
		o(&c)
	}
	return alone(t, func(a *app.Config) { a.Tokens.TrustedIssuers = []core.IssuerConfig{c} }), k
}

// said are the claims of a good token of the other issuer about a sub, changed by name and value pairs; nil takes one away.
func (w *world) said(sub string, changes ...any) object {
	now := w.Clock.Now()
	c := object{
		"iss": elsewhere, "sub": sub, "aud": w.URL, "jti": storage.NewID(now).String(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for i := 0; i+1 < len(changes); i += 2 {
		name := changes[i].(string)
		if changes[i+1] == nil {
			delete(c, name)
		} else {
			c[name] = changes[i+1]
		}
	}
	return c
}

// exchanging is a client that may exchange tokens as its policy says.
func (w *world) exchanging(p storage.TokenExchangePolicy, more ...func(*storage.ClientMetadata)) *testkit.RP {
	w.t.Helper()
	m := storage.ClientMetadata{
		GrantTypes: []string{"client_credentials", "authorization_code", "refresh_token", grantExchange}, Scope: "openid email profile offline_access orders:read orders:write",
		ClientName: "Acme Orders",
	}
	m.TokenExchange = &p
	for _, change := range more {
		change(&m)
	}
	return w.Client(m)
}

// exchange asks as rp for a token in place of an access token.
func (w *world) exchange(rp *testkit.RP, subject string, changes ...string) *testkit.Answer {
	w.t.Helper()
	f := form("grant_type", grantExchange, "subject_token", subject, "subject_token_type", typeAccess)
	for i := 0; i+1 < len(changes); i += 2 {
		switch {
		case changes[i+1] == "":
			f.Del(changes[i])
		case changes[i] == "resource" || changes[i] == "audience":
			f.Add(changes[i], changes[i+1])
		default:
			f.Set(changes[i], changes[i+1])
		}
	}
	return w.Call("/oauth2/token", rp, f)
}

// notExchanged wants a refusal by the named row.
func (w *world) notExchanged(row, code string, rp *testkit.RP, subject string, changes ...string) {
	w.t.Helper()
	w.row(row, func() { w.refused(w.exchange(rp, subject, changes...), 400, code) })
}

// own is a token of the client itself.
func (w *world) own(rp *testkit.RP, changes ...string) string {
	w.t.Helper()
	f := form(append([]string{"grant_type", "client_credentials", "scope", "orders:read"}, changes...)...)
	return w.ok(w.Call("/oauth2/token", rp, f)).Text("access_token")
}

// shop is the usual case: people sign in at front, whose tokens are for api; back owns api and calls stock in their name.
type shop struct {
	*world
	front, back *testkit.RP
	api, stock  string
}

func openShop(t *testing.T, p storage.TokenExchangePolicy) *shop {
	t.Helper()
	return newShop(open(t), p)
}

func newShop(w *world, p storage.TokenExchangePolicy) *shop {
	w.t.Helper()
	id := storage.NewID(w.Clock.Now()).String()
	s := &shop{world: w, api: "https://api.example/" + id, stock: "https://stock.example/" + id}
	w.Resource(s.stock, nil)
	w.Resource(s.api, nil)
	s.front = w.Client(storage.ClientMetadata{Scope: "openid email offline_access orders:read orders:write", Resources: []string{s.api}})
	p.Audiences, p.SubjectClients = append(p.Audiences, s.stock), append(p.SubjectClients, s.front.ID)
	s.back = w.exchanging(p)
	w.owns(s.back, s.api)
	return s
}

// signIn are tokens of this world's person at front, for api.
func (s *shop) signIn(changes ...string) *testkit.Answer {
	s.t.Helper()
	return s.offline(s.front, append([]string{"scope", "openid email offline_access orders:read orders:write", "resource", s.api}, changes...)...)
}

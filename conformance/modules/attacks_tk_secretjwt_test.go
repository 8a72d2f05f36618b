package modules

import (
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// bySecret is a client that authenticates by client_secret_jwt.
func (w *world) bySecret(alg string, options ...func(*register.Options)) *testkit.RP {
	w.t.Helper()
	return w.machine(storage.ClientMetadata{TokenEndpointAuthMethod: "client_secret_jwt", TokenEndpointAuthSignAlg: alg}, options...)
}

// mac is a good assertion by the client's secret, changed by name and value pairs.
func (w *world) mac(rp *testkit.RP, alg string, changes ...any) string {
	w.t.Helper()
	return symmetric(w.t, alg, []byte(rp.Secret), nil, w.claims(rp, changes...))
}

func TestTK09_SecretAssertionReplay(t *testing.T) {
	w := alone(t)
	rp := w.bySecret("")
	once := w.mac(rp, "HS256")
	w.ok(w.assert(once))
	w.notAsserted(once)
	w.Restart()
	w.notAsserted(once)
	nodes := []*testkit.Server{w.Server}
	if w.App.Config.Database != "" {
		nodes = append(nodes, w.Node(t))
	}
	for range 20 {
		assertion := w.mac(rp, "HS256")
		f := form("grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", assertion)
		if won := together(16, func(i int) bool { return nodes[i%len(nodes)].Call("/oauth2/token", nil, f).Status == 200 }); won != 1 {
			t.Fatalf("one assertion was taken %d times", won)
		}
	}
}

func TestTK11_SecretAssertionAudience(t *testing.T) {
	w := open(t)
	rp := w.bySecret("")
	for _, aud := range []any{w.URL, w.URL + "/oauth2/token", []string{w.URL}} {
		w.ok(w.assert(w.mac(rp, "HS256", "aud", aud)))
	}
	for _, aud := range []any{[]string{w.URL, "https://evil.test"}, w.URL + "/", "https://evil.test", nil, []string{}, 1} {
		w.notAsserted(w.mac(rp, "HS256", "aud", aud))
	}
}

func TestTK12_SecretAssertionClaims(t *testing.T) {
	w := open(t)
	rp, other, k := w.bySecret(""), w.bySecret(""), newKey(t, "ES256")
	in := func(d time.Duration) int64 { return w.Clock.Now().Add(d).Unix() }
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		w.ok(w.assert(w.mac(rp, alg)))
		only := w.bySecret(alg)
		w.ok(w.assert(w.mac(only, alg)))
		for _, another := range []string{"HS256", "HS384", "HS512"} {
			if another != alg {
				w.notAsserted(w.mac(only, another))
			}
		}
	}
	for _, change := range [][]any{{"iss", other.ID}, {"jti", nil}, {"exp", nil}, {"exp", in(20 * time.Minute)}, {"exp", in(-2 * time.Minute)}, {"nbf", in(5 * time.Minute)}, {"iat", in(5 * time.Minute)}} {
		w.notAsserted(w.mac(rp, "HS256", change...))
	}
	public := []byte(k.jwks())
	good := w.mac(rp, "HS256")
	for _, bad := range []string{
		symmetric(t, "HS256", []byte(other.Secret), nil, w.claims(rp)), symmetric(t, "HS256", nil, nil, w.claims(rp)), symmetric(t, "HS256", public, nil, w.claims(rp)),
		unsigned(t, object{"alg": "none"}, w.claims(rp)), k.sign("ES256", nil, w.claims(rp)), k.sign("ES256", object{"jwk": k.jwk()}, w.claims(rp)), good[:len(good)-1], good + "A",
		symmetric(t, "HS256", []byte(rp.Secret), object{"crit": []string{"x"}}, w.claims(rp)), symmetric(t, "HS256", []byte(rp.Secret), object{"b64": false}, w.claims(rp)),
	} {
		w.row("client.assertion", func() {
			w.unknown(w.credentials(form("client_assertion_type", assertionType, "client_assertion", bad, "client_id", rp.ID)))
		})
	}
	w.ok(w.assert(good))
	// The secret itself is no authentication, and a key is none where a secret is registered; nor the other way round.
	w.row("client.registered_method", func() { w.unknown(w.credentials(form(), basic(rp.ID, rp.Secret))) })
	w.row("client.registered_method", func() { w.unknown(w.credentials(form("client_id", rp.ID, "client_secret", rp.Secret))) })
	asserting, _ := w.asserting("ES256")
	w.notAsserted(symmetric(t, "HS256", []byte(asserting.Metadata.JWKS), nil, w.claims(asserting)))
	plain := w.machine(storage.ClientMetadata{})
	w.row("client.registered_method", func() { w.unknown(w.assert(symmetric(t, "HS256", []byte(plain.Secret), nil, w.claims(plain)))) })
}

// The secret of such a client is sealed, and nowhere in the clear; it follows the method.
func TestTK12_SecretIsSealed(t *testing.T) {
	w := open(t)
	chosen := strings.Repeat("secret-", 10)
	rp := w.bySecret("HS512", func(o *register.Options) { o.Secret = chosen })
	rp.Secret = chosen
	w.ok(w.assert(w.mac(rp, "HS512")))
	row, err := w.App.DB.ClientByClientID(t.Context(), w.App.Tenant, rp.ID)
	w.must(err)
	if row.SecretSealed.IsZero() || len(row.SecretHash) > 0 || row.SecretPHC != "" {
		t.Errorf("%+v", row)
	}
	for _, short := range []string{strings.Repeat("s", 63), strings.Repeat("s", 31)} {
		_, err := w.App.Registrar.Create(t.Context(), storage.ClientMetadata{
			TokenEndpointAuthMethod: "client_secret_jwt", TokenEndpointAuthSignAlg: "HS512", RedirectURIs: []string{"https://app.test/cb"},
		}, register.Options{Secret: short})
		if err == nil {
			t.Errorf("a secret of %d characters was taken for HS512", len(short))
		}
	}
	changed, err := w.App.Registrar.Update(t.Context(), rp.ID, register.Change{Metadata: func(m *storage.ClientMetadata) error {
		m.TokenEndpointAuthMethod, m.TokenEndpointAuthSignAlg = "client_secret_basic", ""
		return nil
	}})
	w.must(err)
	if changed.Secret == "" || !changed.Client.SecretSealed.IsZero() || len(changed.Client.SecretHash) == 0 {
		t.Errorf("after a change of method: %+v", changed)
	}
	w.ok(w.credentials(form(), basic(rp.ID, changed.Secret)))
	w.unknown(w.credentials(form(), basic(rp.ID, chosen)))
	again, err := w.App.Registrar.Update(t.Context(), rp.ID, register.Change{Metadata: func(m *storage.ClientMetadata) error {
		m.TokenEndpointAuthMethod = "client_secret_jwt"
		return nil
	}})
	w.must(err)
	if rp.Secret = again.Secret; rp.Secret == "" || len(again.Client.SecretHash) > 0 {
		t.Fatalf("after a change back: %+v", again)
	}
	w.ok(w.assert(w.mac(rp, "HS256")))
	short := w.bySecret("HS256", func(o *register.Options) { o.Secret = strings.Repeat("s", 40) })
	_, err = w.App.Registrar.Update(t.Context(), short.ID, register.Change{Metadata: func(m *storage.ClientMetadata) error {
		m.TokenEndpointAuthSignAlg = "HS512"
		return nil
	}})
	if p, ok := register.AsProblem(err); !ok || p.Member != "token_endpoint_auth_signing_alg" {
		t.Errorf("a short secret under a longer algorithm: %v", err)
	}
}

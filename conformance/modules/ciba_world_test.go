package modules

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const cibaGrant = "urn:openid:params:grant-type:ciba"

// bank is a confidential client that asks people elsewhere, and nothing else.
func (w *world) bank(changes ...func(*storage.ClientMetadata)) *testkit.RP {
	w.t.Helper()
	m := storage.ClientMetadata{ClientName: "Acme Bank", RedirectURIs: []string{}, GrantTypes: []string{cibaGrant, "refresh_token"}}
	for _, change := range changes {
		change(&m)
	}
	return w.Client(m)
}

// signingBank signs its requests.
func (w *world) signingBank(alg string) (*testkit.RP, *key) {
	w.t.Helper()
	k := newKey(w.t, alg)
	return w.bank(func(m *storage.ClientMetadata) { m.JWKS, m.BackchannelRequestAlg = k.jwks(), alg }), k
}

// backchannel sends an authentication request for this world's person, changed by name and value pairs; "" takes one away.
func (w *world) backchannel(rp *testkit.RP, changes ...string) *testkit.Answer {
	w.t.Helper()
	f := url.Values{"scope": {"openid email"}, "login_hint": {w.email}, "binding_message": {"W4SCT"}}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			f.Del(changes[i])
		} else {
			f.Set(changes[i], changes[i+1])
		}
	}
	return w.Call("/oauth2/bc-authorize", rp, f)
}

// signedRequest are the claims of a good signed authentication request.
func (w *world) signedRequest(rp *testkit.RP, changes ...any) object {
	now := w.Clock.Now()
	return changed(object{
		"iss": rp.ID, "aud": w.URL, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "jti": storage.NewID(now).String(),
		"scope": "openid email", "login_hint": w.email, "binding_message": "W4SCT",
	}, changes...)
}

// askFor polls once.
func (w *world) askFor(s *testkit.Server, rp *testkit.RP, a *testkit.Answer, more ...string) *testkit.Answer {
	return s.Call("/oauth2/token", rp, filled(form("grant_type", cibaGrant, "auth_req_id", a.Text("auth_req_id")), more))
}

func filled(f url.Values, pairs []string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// atHome is a browser in which the person is signed in, on their own pages.
func (w *world) atHome() *testkit.Browser {
	w.t.Helper()
	b := w.Browser()
	if p := b.Get("/account/approvals").SignIn(w.email, testkit.Password); p.Status != 200 {
		w.t.Fatalf("%d %.400s", p.Status, p.Body)
	}
	return b
}

// waiting opens the page of the newest request of the list.
func (w *world) waiting(b *testkit.Browser) *testkit.Page {
	w.t.Helper()
	p := b.Get("/account/approvals")
	_, links := w.seen(p.Body)
	at := ""
	for _, l := range links {
		if strings.HasPrefix(l, "/account/approvals/") {
			at = l
		}
	}
	if at == "" {
		w.t.Fatalf("nothing waits: %.900s", p.Body)
	}
	return b.Get(at)
}

// approve is a person's whole way to a yes or a no.
func (w *world) approve(decision string) {
	w.t.Helper()
	done := w.answer(w.waiting(w.atHome()), decision)
	if want := map[string]string{"allow": "You allowed it", "deny": "You did not allow it"}[decision]; done.Status != 200 || !strings.Contains(done.Body, want) {
		w.t.Fatalf("not answered: %d %.900s", done.Status, done.Body)
	}
}

// bell is a client's notification endpoint.
type bell struct {
	rung   chan ring
	status func() int // what it answers
}

type ring struct {
	header http.Header
	body   string
}

// ringing registers a client in ping mode whose bell is at a site.
func (w *world) ringing(s *site, path string) (*testkit.RP, *bell) {
	w.t.Helper()
	b := &bell{rung: make(chan ring, 64), status: func() int { return http.StatusNoContent }}
	at := s.page(path, func(rw http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		rw.Header().Set("Location", s.URL+"/elsewhere")
		rw.WriteHeader(b.status())
		b.rung <- ring{r.Header, string(body)}
	})
	rp := w.bank(func(m *storage.ClientMetadata) { m.BackchannelDelivery, m.BackchannelNotification = "ping", at })
	return rp, b
}

// wait is the next ring.
func (b *bell) wait(w *world) ring {
	w.t.Helper()
	select {
	case r := <-b.rung:
		return r
	case <-time.After(20 * time.Second):
		w.t.Fatal("the bell was not rung")
		return ring{}
	}
}

// patient lets one client ask one person as often as a test needs.
func patient(c *app.Config) { c.Tokens.CIBAPerPerson = 200 }

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	acmeHost = "files.acme.example"
	acmeURL  = "https://" + acmeHost
)

// acme is an application at another site, which tells the test what reached it.
type acme struct {
	*httptest.Server
	arrived chan arrival
}

// arrival is a response of the server as the application got it.
type arrival struct {
	method, path string
	url.Values
}

func newAcme(t *testing.T) *acme {
	t.Helper()
	a := &acme{arrived: make(chan arrival, 8)}
	a.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/cb" && r.URL.Path != "/bye" {
			http.NotFound(w, r)
			return
		}
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.arrived <- arrival{r.Method, r.URL.Path, r.Form}
		_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><title>Acme Files</title><h1 id="acme">Acme Files</h1>`) // the browser may be gone
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *acme) address() string { return strings.TrimPrefix(a.URL, "https://") }

// world is a server, an application at another site and a browser.
type world struct {
	*testkit.Server
	t    *testing.T
	acme *acme
	*chromium
	rp    *testkit.RP
	email string
}

// open starts everything; there is a person, and no administrator.
func open(t *testing.T) *world {
	t.Helper()
	a := newAcme(t)
	w := &world{t: t, acme: a, chromium: launch(t, acmeHost, a.address())}
	w.Server = testkit.Start(t)
	w.register("maria@example.org")
	return w
}

// with is the same world, reporting to a subtest, with a person and a registration of its own: consents are remembered.
func (w *world) with(t *testing.T, email string) *world {
	t.Helper()
	for len(w.acme.arrived) > 0 { // left by a test that failed
		<-w.acme.arrived
	}
	own := &world{Server: w.For(t), t: t, acme: w.acme, chromium: &chromium{t: t, ctx: w.ctx}}
	own.register(email)
	return own
}

func (w *world) register(email string) {
	w.t.Helper()
	w.email = email
	w.Person(email)
	w.rp = w.Client(storage.ClientMetadata{
		ClientName: "Acme Files", ClientURI: acmeURL, PolicyURI: acmeURL + "/privacy", TosURI: acmeURL + "/terms",
		RedirectURIs: []string{acmeURL + "/cb"}, PostLogoutRedirectURIs: []string{acmeURL + "/bye"},
	})
}

// authURL asks for everything that the consent screen can show.
func (w *world) authURL(changes ...string) string {
	return w.AuthURL(w.rp, append([]string{"scope", "openid profile email address phone offline_access"}, changes...)...)
}

// landed waits until the browser shows the application, and returns what it brought.
func (w *world) landed(b *tab) arrival {
	w.t.Helper()
	b.see("#acme")
	select {
	case a := <-w.acme.arrived:
		return a
	default:
		w.t.Fatal("the browser shows the application, which got nothing")
		return arrival{}
	}
}

// signIn fills in the sign-in page; next is an element of the page that follows.
func (w *world) signIn(b *tab, password string, next chromedp.CSS) {
	w.t.Helper()
	if b.value("#login-identifier") == "" {
		b.enter("#login-identifier", w.email)
	}
	b.enter("#login-password", password)
	b.press("#login-submit", next)
}

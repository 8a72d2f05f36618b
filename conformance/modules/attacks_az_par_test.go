package modules

import (
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// AZ24: a request_uri is its client's, lives shortly, and is used once.
func TestAZ24_PARBinding(t *testing.T) {
	w := alone(t)
	rp, other := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{})
	uri := w.pushed(rp)
	stolen := func(to string) {
		t.Helper()
		w.row("authorize.redirect_uri", func() { w.page(w.Get(to), 400, "invalid_request_uri") })
	}
	stolen(w.bare(other, "request_uri", uri))
	w.row("authorize.request_object", func() {
		w.refusedTo(w.Get(w.AuthURL(other, "request_uri", uri)), other, "query", "invalid_request_uri")
	})
	turned := map[bool]string{true: "B", false: "A"}[uri[60] == 'A']
	for _, forged := range []string{uri[:60] + turned + uri[61:], uri + "A", uri[:40], "urn:ietf:params:oauth:request_uri:", "urn:ietf:params:oauth:request_uri:../x"} {
		stolen(w.bare(rp, "request_uri", forged))
	}
	// Opening it does not use it up: a reload, another browser and a link scanner are harmless.
	b := w.Browser()
	first := b.Get(w.bare(rp, "request_uri", uri))
	w.begins(w.bare(rp, "request_uri", uri))
	if again := b.Get(w.bare(rp, "request_uri", uri)); !again.HasID("login-password") {
		t.Errorf("the reload: %d", again.Status)
	}
	q := first.SignIn(w.email, testkit.Password).Allow().Params()
	w.ok(w.Redeem(rp, q.Get("code")))
	stolen(w.bare(rp, "request_uri", uri))
	w.page(get(b, w.bare(rp, "request_uri", uri)), 400, "invalid_request_uri")
	w.refusedTo(get(b, w.AuthURL(rp, "request_uri", uri)), rp, "query", "invalid_request_uri") // …-par-attempt-reuse-request-uri

	// A person's no is final as well.
	denied := w.pushed(rp, "prompt", "consent")
	if q := b.Get(w.bare(rp, "request_uri", denied)).Submit("decision", "deny").Params(); q.Get("error") != "access_denied" {
		t.Errorf("denied: %v", q)
	}
	w.page(get(b, w.bare(rp, "request_uri", denied)), 400, "invalid_request_uri")

	// Opened in time, a person may take longer than it lives; opened late, it is over.
	late, slow := w.pushed(rp), w.pushed(rp)
	fresh := w.Browser()
	page := fresh.Get(w.bare(rp, "request_uri", slow))
	w.Clock.Advance(91 * time.Second)
	stolen(w.bare(rp, "request_uri", late))
	if q := page.SignIn(w.email, testkit.Password).Allow().Params(); q.Get("code") == "" {
		t.Errorf("the slow person: %v", q)
	}

	w.row("par.request_uri", func() {
		w.refused(w.push(rp, w.params(rp, "request_uri", "urn:ietf:params:oauth:request_uri:x")), 400, "invalid_request")
	})
	w.row("par.request_uri", func() { w.refused(w.push(rp, w.params(rp, "request_uri", w.pushed(rp))), 400, "invalid_request") })
	w.row("client.known", func() { w.refused(w.Call("/oauth2/par", nil, form("response_type", "code")), 401, "invalid_client") })
	w.row("client.registered_method", func() {
		w.refused(w.Call("/oauth2/par", nil, w.params(rp)), 401, "invalid_client")
	})
	wrong := *rp
	wrong.Secret = "wrong"
	w.refused(w.push(&wrong, w.params(rp)), 401, "invalid_client")
	for _, method := range []string{"GET", "PUT", "DELETE", "HEAD"} {
		if a := w.Raw(method, "/oauth2/par", ""); a.Status != 405 {
			t.Errorf("%s: %d", method, a.Status)
		}
	}
	if len(w.grants(rp)) != 2 {
		t.Errorf("%d grants", len(w.grants(rp)))
	}
}

// AZ25: sixteen browsers open one request_uri, all its people sign in at once, and one of them gets a code.
func TestAZ25_PARRace(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{FirstParty: true})
	home := w.Client(storage.ClientMetadata{FirstParty: true})
	browsers := make([]*testkit.Browser, 16)
	for i := range browsers {
		email, _ := w.somebody()
		browsers[i] = w.Browser()
		browsers[i].Authorize(w.AuthURL(home), email)
	}
	for range 5 {
		to := w.bare(rp, "request_uri", w.pushed(rp))
		codes := make(chan string, len(browsers))
		var wg sync.WaitGroup
		for _, b := range browsers {
			wg.Go(func() { codes <- b.Get(to).Code() })
		}
		wg.Wait()
		close(codes)
		won := map[string]int{}
		for c := range codes {
			if c != "" {
				won[c]++
			}
		}
		if len(won) != 1 {
			t.Errorf("%d codes of one request", len(won))
		}
		for _, n := range won {
			if n != 1 {
				t.Errorf("%d browsers have the code", n)
			}
		}
	}
	if n := len(w.grants(rp)); n != 5 {
		t.Errorf("%d grants of 5 requests", n)
	}
}

// Anybody can push in the name of a public client: an address may have a hundred requests waiting, and nobody else is in its way.
func TestAZ24_PARCaps(t *testing.T) {
	w := alone(t, cheap)
	public, rp := w.public(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{})
	for range 100 {
		w.pushed(public)
	}
	a := w.push(public, w.params(public))
	if a.Status != 429 || a.Header.Get("Retry-After") == "" || a.Text("error") == "" {
		t.Errorf("%d %s %v", a.Status, a.Body, a.Header)
	}
	w.pushed(rp)
	w.Clock.Advance(91 * time.Second)
	w.pushed(public)
}

package modules

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestTK24_DevicePolling(t *testing.T) {
	w := alone(t)
	rp, other := w.television(), w.television()
	a := w.wait(rp)
	w.row("device_code.answered", func() { w.refused(w.poll(rp, a), 400, "authorization_pending") })
	w.row("device_code.pace", func() { w.refused(w.poll(rp, a), 400, "slow_down") })
	w.Clock.Advance(6 * time.Second) // the interval is 10 now
	w.refused(w.poll(rp, a), 400, "slow_down")
	w.Clock.Advance(16 * time.Second) // 15 since that
	w.refused(w.poll(rp, a), 400, "authorization_pending")
	w.row("device_code.authentic", func() { w.refused(w.poll(other, a), 400, "invalid_grant") })
	w.row("device_code.authentic", func() {
		w.refused(w.Call("/oauth2/token", rp, form("grant_type", deviceGrant, "device_code", a.Text("device_code")+"A")), 400, "invalid_grant")
	})
	w.row("device_code.authentic", func() {
		w.refused(w.Call("/oauth2/token", rp, form("grant_type", deviceGrant)), 400, "invalid_request")
	})

	w.allow(a)
	w.refused(w.poll(other, a), 400, "invalid_grant")
	tokens := w.ok(w.poll(rp, a)) // at once: an answer need not wait for the interval
	w.row("device_code.unspent", func() { w.refused(w.poll(rp, a), 400, "invalid_grant") })
	w.ok(w.Userinfo(tokens.Text("access_token"))) // the second poll costs nothing

	denied := w.wait(rp)
	if done := w.answer(w.device(w.Browser(), denied.Text("user_code")), "deny"); !strings.Contains(done.Body, "No device was connected") {
		t.Errorf("%.500s", done.Body)
	}
	w.row("device_code.allowed", func() { w.refused(w.poll(rp, denied), 400, "access_denied") })
	if evs := w.events(rp, "consent.deny"); len(evs) != 1 {
		t.Errorf("events %+v", evs)
	}

	late, approved := w.wait(rp), w.wait(rp)
	w.allow(approved)
	w.Clock.Advance(10 * time.Minute)
	w.row("device_code.unexpired", func() { w.refused(w.poll(rp, late), 400, "expired_token") })
	w.refused(w.poll(rp, approved), 400, "expired_token")
	w.Clock.Advance(2 * time.Minute)
	_, err := w.App.DB.DeleteExpiredPending(context.Background(), w.Clock.Now(), 100)
	w.must(err)
	w.row("device_code.stands", func() { w.refused(w.poll(rp, late), 400, "expired_token") })
}

// TestTK24_ChangesWhileWaiting: what is registered, and who the person is, is judged when the tokens are issued.
func TestTK24_ChangesWhileWaiting(t *testing.T) {
	w := open(t)
	rp := w.television()
	a := w.wait(rp, "scope", "openid email")
	w.allow(a)
	w.Change(rp, func(m *storage.ClientMetadata) { m.Scope = "openid" })
	w.row("device_code.registered", func() { w.refused(w.poll(rp, a), 400, "invalid_scope") })
	w.Change(rp, func(m *storage.ClientMetadata) { m.Scope = "openid email" })
	w.must(w.App.Directory.SetState(t.Context(), w.App.Tenant, w.person.ID, storage.PersonLocked, testkit.Operator()))
	if got := w.poll(rp, a); got.Status != 400 || got.Text("access_token") != "" {
		t.Errorf("a locked person's device: %d %s", got.Status, got.Body)
	}
}

// TestTK24_SixteenPolls: right after approval, over both nodes where there are two.
func TestTK24_SixteenPolls(t *testing.T) {
	w := alone(t)
	nodes := []*testkit.Server{w.Server}
	if w.App.Config.Database != "" {
		nodes = append(nodes, w.Node(t))
	}
	rp := w.television()
	for range 5 {
		a := w.wait(rp, "scope", "openid offline_access")
		w.allow(a)
		w.onlyOne(nodes, func(n *testkit.Server) *testkit.Answer {
			return n.Call("/oauth2/token", rp, form("grant_type", deviceGrant, "device_code", a.Text("device_code")))
		})
	}
}

// onlyOne lets sixteen ask at once: one gets tokens, everybody else invalid_grant.
func (w *world) onlyOne(nodes []*testkit.Server, ask func(*testkit.Server) *testkit.Answer) {
	w.t.Helper()
	const askers = 16
	answers := make([]*testkit.Answer, askers)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range askers {
		done.Go(func() {
			start.Wait()
			answers[i] = ask(nodes[i%len(nodes)])
		})
	}
	start.Done()
	done.Wait()
	won := 0
	for _, a := range answers {
		if a.Status == http.StatusOK && a.Text("access_token") != "" {
			won++
			continue
		}
		w.refused(a, 400, "invalid_grant")
	}
	if won != 1 {
		w.t.Errorf("%d token sets", won)
	}
}

func TestTK25_UserCodeGuessing(t *testing.T) {
	w := alone(t)
	rp := w.television()
	waiting := w.wait(rp)
	stranger := w.Browser()
	for range 30 { // strangers learn nothing, right or wrong, and have no limit to use up
		for _, code := range []string{waiting.Text("user_code"), "BBBB-BBBB"} {
			if a := stranger.Raw("GET", "/device?user_code="+code, ""); a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/login?flow=") {
				t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
			}
		}
	}
	b := w.Browser()
	w.device(b, waiting.Text("user_code"))
	looked := 0
	for i := range 1000 {
		p := b.Get("/device?user_code=" + codeNumber(i))
		if p.Status == 429 {
			if p.Header.Get("Retry-After") == "" || !strings.Contains(p.Body, "Too many codes") {
				t.Errorf("%v %.300s", p.Header, p.Body)
			}
			break
		}
		if p.Status != 404 || p.HasID("consent-allow") {
			t.Fatalf("%d", p.Status)
		}
		looked++
	}
	if looked > 10 {
		t.Fatalf("%d guesses", looked)
	}
	if p := b.Get("/device?user_code=" + waiting.Text("user_code")); p.Status != 429 {
		t.Error("a right code is found by who has guessed too much")
	}
	again := w.Browser() // another session of the same account
	if p := w.device(again, waiting.Text("user_code")); p.Status != 429 {
		t.Errorf("a new session forgives: %d", p.Status)
	}
	other, _ := w.somebody() // another account at the same address
	p := w.Browser().Get("/device").Submit("user_code", waiting.Text("user_code")).SignIn(other, testkit.Password)
	if p.Status != 429 {
		t.Errorf("another account at the address goes on: %d", p.Status)
	}
	w.Restart() // a server that stops writes down what it has counted
	if len(w.alarms()) == 0 {
		t.Error("guessing left no event")
	}
}

// codeNumber is a code that nobody waits with, hopefully.
func codeNumber(i int) string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	var b strings.Builder
	for range 8 {
		b.WriteByte(letters[i%20])
		i /= 20
	}
	return b.String()
}

func TestTK25_RightCodesAreNotCounted(t *testing.T) {
	w := open(t)
	rp := w.television()
	b := w.Browser()
	for range 15 {
		if p := w.device(b, w.wait(rp).Text("user_code")); p.Status != 200 || !p.HasID("consent-allow") {
			t.Fatalf("%d", p.Status)
		}
	}
}

func TestTK27_DevicePhishing(t *testing.T) {
	w := open(t)
	rp := w.television(func(m *storage.ClientMetadata) {
		m.RedirectURIs, m.GrantTypes = nil, append(m.GrantTypes, "authorization_code")
	})
	b := w.signedIn(rp, "scope", "openid email") // a live session, and consent to all that is asked
	first := w.Client(storage.ClientMetadata{FirstParty: true, GrantTypes: []string{deviceGrant}})
	for _, rp := range []*testkit.RP{rp, first} {
		a := w.wait(rp)
		p := b.Get(strings.TrimPrefix(a.Text("verification_uri_complete"), w.URL))
		text, _ := w.seen(p.Body)
		for _, want := range []string{rp.Metadata.ClientName, "See your email address", w.email, a.Text("user_code"), "127.0.0.1", fmt.Sprint(time.Now().Year()), "If somebody sent you the code"} {
			if !strings.Contains(text, want) {
				t.Errorf("the screen does not say %q: %s", want, text)
			}
		}
		if p.Header.Get("X-Frame-Options") != "DENY" || strings.Contains(p.Body, "<script>") {
			t.Error("the screen may be framed")
		}
		if !p.HasID("consent-allow") {
			t.Fatalf("not asked: %d %.500s", p.Status, p.Body)
		}
		w.refused(w.poll(rp, a), 400, "authorization_pending")

		_, f := p.Form("decision", "allow")
		other := w.wait(rp)
		for name, change := range map[string]func(url.Values){
			"no token":        func(f url.Values) { f.Del("csrf") },
			"another request": func(f url.Values) { f.Set("request", storage.NewID(time.Now()).String()) },
			"no request":      func(f url.Values) { f.Del("request") },
			"no answer":       func(f url.Values) { f.Del("decision") },
		} {
			changed := url.Values{}
			for k, v := range f {
				changed[k] = v
			}
			change(changed)
			if got := b.Post("/device/decide", changed); got.Status != 403 && got.Status != 400 {
				t.Errorf("%s: %d", name, got.Status)
			}
		}
		if got := w.Browser().Post("/device/decide", f); got.URL.Path != "/login" {
			t.Errorf("another browser: %d %s", got.Status, got.URL)
		}
		if got := b.PostFrom("https://evil.test", "/device/decide", f); got.Status != 403 {
			t.Errorf("another site: %d", got.Status)
		}
		w.refused(w.poll(rp, other), 400, "authorization_pending")
	}
}

// TestTK27_PolicyPerClient: the grant is off for a client that is not registered for it, also for what waits already.
func TestTK27_PolicyPerClient(t *testing.T) {
	w := open(t)
	rp := w.television(func(m *storage.ClientMetadata) {
		m.RedirectURIs, m.GrantTypes = nil, append(m.GrantTypes, "authorization_code")
	})
	a := w.wait(rp)
	w.Change(rp, func(m *storage.ClientMetadata) { m.GrantTypes = []string{"authorization_code", "refresh_token"} })
	if p := w.device(w.Browser(), a.Text("user_code")); p.Status != 404 || p.HasID("consent-allow") {
		t.Errorf("%d", p.Status)
	}
	w.refused(w.poll(rp, a), 400, "unauthorized_client")
	w.refused(w.Call("/oauth2/device_authorization", rp, form()), 400, "unauthorized_client")
}

func TestTK28_DeviceScopeSwap(t *testing.T) {
	w := open(t)
	w.Resource("https://files.test", nil)
	rp := w.television(func(m *storage.ClientMetadata) { m.Resources = []string{"https://files.test"} })
	a := w.wait(rp, "scope", "openid")
	w.allow(a)
	w.refused(w.poll(rp, a, "scope", "openid email"), 400, "invalid_scope")
	w.refused(w.poll(rp, a, "resource", "https://files.test"), 400, "invalid_target")
	tokens := w.ok(w.poll(rp, a)) // a refused poll costs nothing
	if tokens.Text("scope") != "openid" || w.ok(w.Userinfo(tokens.Text("access_token"))).JSON["email"] != nil {
		t.Errorf("%s", tokens.Body)
	}
}

// TestTK24_PersonGone: what was allowed ends with the person.
func TestTK24_PersonGone(t *testing.T) {
	w := open(t)
	rp := w.television()
	a := w.wait(rp)
	w.allow(a)
	phc, err := w.App.Hasher.Hash(t.Context(), testkit.Password)
	w.must(err)
	w.must(w.App.Directory.SetPassword(t.Context(), w.App.Tenant, w.person.ID, phc, storage.ID{}, testkit.Operator()))
	w.refused(w.poll(rp, a), 400, "access_denied")
}

// TestDS06_DeviceRequestsAreBounded: anybody may ask in the name of a public client, but not for ever.
func TestDS06_DeviceRequestsAreBounded(t *testing.T) {
	w := alone(t)
	rp := w.television()
	n := 0
	for range 150 {
		a := w.Call("/oauth2/device_authorization", rp, form("scope", "openid"))
		if a.Status == 429 {
			if a.Text("error") != "temporarily_unavailable" {
				t.Errorf("%s", a.Body)
			}
			break
		}
		n++
	}
	if n != 100 {
		t.Errorf("%d requests wait", n)
	}
	w.Clock.Advance(11 * time.Minute)
	w.wait(rp)
}

package modules

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestSE10_LogoutToken: what is captured at the client is what section 2.4 says (ear.token judges it), for each algorithm, and passes for nothing else.
func TestSE10_LogoutToken(t *testing.T) {
	w, s := told(t)
	seen := map[any]bool{}
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		e := w.listening(s, "/"+alg, func(m *storage.ClientMetadata) { m.IDTokenSignedResponseAlg = alg })
		b := w.Browser()
		claims, _ := e.signIn(b)
		b.Get("/logout").Submit()
		p := <-e.heard
		got := e.token(p)
		if got["sid"] != claims["sid"] || got["sub"] != claims["sub"] || seen[got["jti"]] {
			t.Errorf("%s: %v", alg, got)
		}
		seen[got["jti"]] = true
		token := p.form.Get("logout_token")
		e.signIn(b)
		w.page(get(b, w.logoutURL("id_token_hint", token)), 400, "invalid_request")
		if a := w.Userinfo(token); a.Status != 401 {
			t.Errorf("%s: UserInfo takes it: %d", alg, a.Status)
		}
	}
}

// TestSE11_SlowRelyingParty: a client that hangs, fails or leads elsewhere holds up nobody, is asked again within bounds, and leads nowhere.
func TestSE11_SlowRelyingParty(t *testing.T) {
	w, s := told(t)
	release := make(chan struct{})
	defer close(release)
	e := w.listening(s, "/hang", func(m *storage.ClientMetadata) {
		m.BackchannelLogoutURI = s.page("/hang", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
	})
	b := w.Browser()
	e.signIn(b)
	p := b.Get("/logout")
	begun := time.Now()
	if p = p.Submit(); p.Status != 200 || time.Since(begun) > 2*time.Second { // a second, and one for a busy machine
		t.Errorf("the person waited %v: %d", time.Since(begun), p.Status)
	}

	fails := w.listening(s, "/fails")
	fails.status <- 500
	fails.status <- 503
	claims, _ := fails.signIn(b)
	b.Get("/logout").Submit()
	fails.about(claims)
	for attempt := range 2 {
		w.Within(20*time.Second, "the attempt's end", func() bool {
			m := fails.messages(storage.OutboxWaiting)
			return len(m) == 1 && m[0].Attempts == attempt+1 && m[0].Owner.IsZero()
		})
		if m := fails.messages(storage.OutboxWaiting)[0]; !strings.Contains(m.Status, "answered 50") {
			t.Errorf("delivery log %+v", m)
		}
		w.Clock.Advance(time.Minute)
		fails.about(claims)
	}
	if m := fails.ends(storage.OutboxDelivered); m.Attempts != 3 {
		t.Errorf("delivery log %+v", m)
	}

	for status, path := range map[int]string{302: "/302", 307: "/307", 400: "/400", 404: "/404"} {
		rp := w.listening(s, path)
		rp.status <- status
		rp.signIn(b)
		b.Get("/logout").Submit()
		rp.hear()
		if m := rp.ends(storage.OutboxDead); m.Attempts != 1 || !strings.Contains(m.Status, path[1:]) {
			t.Errorf("%d: delivery log %+v", status, m)
		}
	}
	if n := s.count("/elsewhere"); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

// TestRL25_LogoutSurvivesARestart: what was written with the end of the session is delivered by whoever comes next.
func TestRL25_LogoutSurvivesARestart(t *testing.T) {
	w, s := told(t)
	e := w.listening(s, "/rp")
	e.status <- 500
	b := w.Browser()
	claims, _ := e.signIn(b)
	b.Get("/logout").Submit()
	e.about(claims)
	w.Restart()
	w.Clock.Advance(2 * time.Minute)
	e.about(claims)
	e.ends(storage.OutboxDelivered)
}

// TestDR07_BackchannelLogoutURI: an address within is not asked, whatever was registered.
func TestDR07_BackchannelLogoutURI(t *testing.T) {
	s := newSite(t)
	w := alone(t) // which may reach nothing on this machine
	e := w.listening(s, "/within")
	b := w.Browser()
	e.signIn(b)
	b.Get("/logout").Submit()
	if m := e.ends(storage.OutboxDead); m.Attempts != 1 || s.count("/within") != 0 {
		t.Errorf("delivery log %+v, asked %d times", m, s.count("/within"))
	}
}

// TestBackchannelLogoutOfALostClient: who has unregistered hears nothing, and the message ends.
func TestBackchannelLogoutOfALostClient(t *testing.T) {
	w, s := told(t)
	for path, lose := range map[string]func(*testkit.RP){
		"/disabled": w.Disable,
		"/without": func(rp *testkit.RP) {
			w.Change(rp, func(m *storage.ClientMetadata) { m.BackchannelLogoutURI, m.BackchannelLogoutSession = "", false })
		},
	} {
		e := w.listening(s, path)
		for range 2 {
			e.status <- 500
		}
		b := w.Browser()
		e.signIn(b)
		b.Get("/logout").Submit()
		e.hear()
		w.Within(20*time.Second, "the attempt's end", func() bool { m := e.messages(storage.OutboxWaiting); return len(m) == 1 && m[0].Owner.IsZero() })
		lose(e.RP)
		w.Clock.Advance(time.Minute)
		e.ends(storage.OutboxDead)
		e.quiet()
	}
}

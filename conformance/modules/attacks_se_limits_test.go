package modules

import (
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func TestSE08_Timeouts(t *testing.T) {
	w := alone(t)
	idle, absolute := w.App.Config.Sessions.Idle, w.App.Config.Sessions.Absolute
	rp := w.Client(storage.ClientMetadata{})
	unused, used := w.signedIn(rp), w.signedIn(rp)
	end := w.Clock.Now().Add(absolute)
	for range 3 {
		w.Clock.Advance(idle - time.Minute)
		if got := w.silent(used, rp); got != "" {
			t.Fatalf("in use: %q", got)
		}
	}
	if got := w.silent(unused, rp); got != "login_required" {
		t.Errorf("idle for too long: %q", got)
	}
	w.Restart()
	if got := w.silent(used, rp); got != "" {
		t.Errorf("after a restart: %q", got)
	}
	if got := w.silent(unused, rp); got != "login_required" {
		t.Errorf("idle for too long, after a restart: %q", got)
	}
	for w.Clock.Now().Add(idle).Before(end) {
		w.Clock.Advance(idle - time.Minute)
		if got := w.silent(used, rp); got != "" {
			t.Fatalf("in use, %v before its end: %q", end.Sub(w.Clock.Now()), got)
		}
	}
	w.Clock.Advance(end.Sub(w.Clock.Now()) + time.Second)
	if got := w.silent(used, rp); got != "login_required" {
		t.Errorf("beyond the absolute limit: %q", got)
	}
	w.Restart()
	if got := w.silent(used, rp); got != "login_required" {
		t.Errorf("beyond the absolute limit, after a restart: %q", got)
	}
}

func TestSE15_NothingIsCached(t *testing.T) {
	w := open(t)
	for name, a := range w.screens() {
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, a.Header.Get("Cache-Control"))
		}
	}
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp)
	if p := b.Get("/account/password"); p.URL.Path != "/account/password" || !strings.Contains(p.Body, "form") {
		t.Fatalf("signed in, the account shows %s", p.URL.Path)
	}
	b.Get("/oauth2/logout").Submit()
	if p := b.Get("/account/password"); p.URL.Path != "/login" || strings.Contains(p.Body, w.email) {
		t.Errorf("after signing out, back shows %s", p.URL.Path)
	}
	redirect := w.begins(w.AuthURL(rp))
	if redirect.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a redirect: %q", redirect.Header.Get("Cache-Control"))
	}
}

package account

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

func one(t *testing.T) *world {
	t.Helper()
	return newWorld(t, gormtest.SQLite(t, gormdb.Config{}))
}

// PW13: the change ends every other session and grant and renews this session.
func TestPW13ChangeEndsEverythingElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, elsewhere := w.browser(), w.browser()
		before := b.current().Session
		mine, theirs := w.grant(before.ID), w.grant(elsewhere.current().Session.ID)
		cookie := b.cookies["jedan-session"]
		w.now = w.now.Add(time.Minute)
		if rec := b.change(old, fresh); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "Your password is changed") {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if !w.opens(fresh) || w.opens(old) {
			t.Error("the password is not the new one")
		}
		if elsewhere.current() != nil || w.live(theirs) {
			t.Error("another session or its grant lives on")
		}
		after := b.current()
		if after == nil || after.Session.ID == before.ID || !after.Session.AuthTime.After(before.AuthTime) || !w.live(mine) {
			t.Errorf("this session: %+v, its grant live: %v", after, w.live(mine))
		}
		b.cookies["jedan-session"] = cookie
		if b.current() != nil {
			t.Error("the cookie from before still works")
		}
		evs, err := w.db.AuditEvents(t.Context(), w.tenant, storage.AuditFilter{Type: "user.password_change", Limit: 9})
		must(t, err)
		if len(evs) != 1 || evs[0].Actor != w.person.ID.String() {
			t.Errorf("events: %+v", evs)
		}
	})
}

// PW13: neither without the current password nor without a session.
func TestPW13CurrentPasswordIsNeeded(t *testing.T) {
	w := one(t)
	b := w.browser()
	for name, c := range map[string]struct {
		current string
		status  int
	}{"wrong": {"wrong", 403}, "missing": {"", 400}} {
		rec := b.change(c.current, fresh)
		if rec.Code != c.status || !w.opens(old) {
			t.Errorf("%s: %d", name, rec.Code)
		}
		if strings.Contains(rec.Body.String(), fresh) {
			t.Error("the page repeats a password")
		}
	}
	if len(w.failures.all) != 1 || w.failures.all[0].Person != w.person.ID {
		t.Errorf("failures %+v", w.failures.all)
	}
	form := b.form(old, fresh)
	delete(b.cookies, "jedan-session")
	rec := b.do(b.request(http.MethodPost, passwordPath, form))
	if rec.Code != http.StatusSeeOther || !strings.HasPrefix(rec.Header().Get("Location"), issuer+"/login?flow=") || !w.opens(old) {
		t.Errorf("without a session: %d %s", rec.Code, rec.Header().Get("Location"))
	}
	if rec := b.get(passwordPath); !strings.HasPrefix(rec.Header().Get("Location"), issuer+"/login?flow=") {
		t.Errorf("the page leads to %s", rec.Header().Get("Location"))
	}
}

// PW03: guesses with a stolen session are bounded, and fields that are not ours change nothing (PW08).
func TestPW03GuessesWithASession(t *testing.T) {
	w := one(t)
	b := w.browser()
	for i := range 3 {
		form := b.form("wrong", fresh)
		form.Set("email", strings.Repeat("x", i))
		if rec := b.do(b.request(http.MethodPost, passwordPath, form)); rec.Code != http.StatusForbidden {
			t.Fatalf("%d", rec.Code)
		}
	}
	before := w.hasher.n
	rec := b.change(old, fresh)
	if rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") != "60" || w.hasher.n != before || !w.opens(old) {
		t.Errorf("%d %v, %d hashes", rec.Code, rec.Header(), w.hasher.n-before)
	}
}

// DS01: a full queue charges nobody.
func TestDS01FullQueue(t *testing.T) {
	w := one(t)
	b := w.browser()
	w.hasher.full = true
	for range 5 {
		if rec := b.change("wrong", fresh); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
			t.Fatalf("%d %v", rec.Code, rec.Header())
		}
	}
	w.hasher.full = false
	if rec := b.change(old, fresh); rec.Code != http.StatusOK {
		t.Errorf("%d", rec.Code)
	}
}

// PW10, PW11: the policy, before anything is hashed.
func TestPW10NewPasswordIsJudgedFirst(t *testing.T) {
	w := one(t)
	b := w.browser()
	for next, want := range map[string]string{
		"":                               "Enter a password.",
		"short":                          "Use at least 15 characters.",
		"passwordpassword":               "Many people use this password",
		strings.Repeat("long ", 100):     "Use a shorter password.",
		strings.Repeat("x", 1<<10) + "y": "Use a shorter password.",
		old:                              "differs from the current",
	} {
		rec := b.change(old, next)
		if rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%.20q: %d, want %q", next, rec.Code, want)
		}
	}
	if rec := b.change(strings.Repeat("x", 2000), fresh); rec.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("long current: %d", rec.Code)
	}
	if w.hasher.n != 0 || !w.opens(old) {
		t.Errorf("%d hashes", w.hasher.n)
	}
}

// SE02: the form counts in the session that it was shown in.
func TestSE02FormsOfOtherPages(t *testing.T) {
	w := one(t)
	b, other := w.browser(), w.browser()
	for name, token := range map[string]string{"none": "", "made up": "AAAA", "another browser's": other.form(old, fresh).Get("csrf")} {
		form := b.form(old, fresh)
		form.Set("csrf", token)
		if rec := b.do(b.request(http.MethodPost, passwordPath, form)); rec.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	form := b.form(old, fresh)
	for _, origin := range []string{"", "null", "https://evil.test"} {
		r := b.request(http.MethodPost, passwordPath, form)
		r.Header["Origin"] = []string{origin}
		if rec := b.do(r); rec.Code != http.StatusForbidden {
			t.Errorf("origin %q: %d", origin, rec.Code)
		}
	}
	b.cookies["jedan-session"] = other.cookies["jedan-session"]
	if rec := b.do(b.request(http.MethodPost, passwordPath, form)); rec.Code != http.StatusForbidden {
		t.Errorf("another session: %d", rec.Code)
	}
	if w.hasher.n != 0 || !w.opens(old) {
		t.Error("something was tried")
	}
}

// SE15: pages of a person are not stored.
func TestSE15PagesAreNotStored(t *testing.T) {
	w := one(t)
	b := w.browser()
	for _, path := range []string{"/", passwordPath} {
		if rec := b.get(path); rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s", path, rec.Header().Get("Cache-Control"))
		}
	}
}

func TestHome(t *testing.T) {
	w := one(t)
	stranger := &browser{w: w, cookies: map[string]string{}}
	if page := stranger.get("/").Body.String(); strings.Contains(page, "Ann Archer") || !strings.Contains(page, "Sign-in for your apps") {
		t.Error("a stranger sees", page)
	}
	if page := w.browser().get("/").Body.String(); !strings.Contains(page, "Ann Archer") {
		t.Error("Ann does not see herself")
	}
}

func TestEveryDependencyIsNeeded(t *testing.T) {
	if _, err := New(Config{}, Deps{}); err == nil {
		t.Error("made without anything")
	}
}

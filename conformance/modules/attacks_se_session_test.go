package modules

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// cookie is the value of one of the browser's cookies, whatever its prefix.
func cookie(b *testkit.Browser, issuer, name string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	for _, c := range b.Jar.Cookies(u) {
		if strings.TrimPrefix(c.Name, "__Host-") == name {
			return c.Value
		}
	}
	return ""
}

// plant puts a cookie into a browser.
func (w *world) plant(b *testkit.Browser, name, value string) {
	w.t.Helper()
	u, err := url.Parse(w.URL)
	w.must(err)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// silent asks with prompt=none: the error, or "" when a code comes.
func (w *world) silent(b *testkit.Browser, rp *testkit.RP) string {
	w.t.Helper()
	return w.response(get(b, w.AuthURL(rp, "prompt", "none")), rp, "query").Get("error")
}

func TestSE01_SessionFixation(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	attackerEmail, _ := w.somebody()
	attacker := w.Browser()
	attacker.Authorize(w.AuthURL(rp), attackerEmail)
	planted := cookie(attacker, w.URL, "jedan-session")

	victim := w.Browser()
	w.plant(victim, "jedan-session", planted)
	victim.Authorize(w.AuthURL(rp, "prompt", "login"), w.email)
	first := cookie(victim, w.URL, "jedan-session")
	if first == "" || first == planted {
		t.Fatalf("the session was not renewed: %q", first)
	}
	if got := w.silent(attacker, rp); got != "login_required" {
		t.Errorf("the planted session still counts: %q", got)
	}
	thief := w.Browser()
	w.plant(thief, "jedan-session", planted)
	if got := w.silent(thief, rp); got != "login_required" {
		t.Errorf("the planted cookie counts: %q", got)
	}
	victim.Authorize(w.AuthURL(rp, "prompt", "login"), w.email)
	second := cookie(victim, w.URL, "jedan-session")
	w.plant(thief, "jedan-session", first)
	if second == first || w.silent(thief, rp) != "login_required" {
		t.Error("signing in again left the old session")
	}
	if got := w.silent(victim, rp); got != "" {
		t.Errorf("the person's own session: %q", got)
	}
	for _, made := range []string{"x", strings.Repeat("A", 400), second + "A", second[:len(second)-1], strings.ToLower(second)} {
		w.plant(thief, "jedan-session", made)
		if got := w.silent(thief, rp); got != "login_required" {
			t.Errorf("a made-up cookie: %q", got)
		}
	}
}

func TestSE02_LoginCSRF(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	b, other := w.Browser(), w.Browser()
	page := b.Get(w.AuthURL(rp))
	action, good := page.Form("identifier", w.email, "password", testkit.Password)
	foreign := func(header ...string) *testkit.Answer {
		return b.Raw("POST", action, good.Encode(), append([]string{"Content-Type", testkit.FormType}, header...)...)
	}
	for _, header := range [][]string{
		{}, {"Origin", "https://evil.test"}, {"Origin", "null"}, {"Origin", w.URL + ".evil.test"}, {"Origin", strings.ToUpper(w.URL)},
		{"Origin", w.URL, "Sec-Fetch-Site", "cross-site"}, {"Origin", w.URL, "Sec-Fetch-Site", "same-site"}, {"Origin", w.URL, "Origin", "https://evil.test"},
	} {
		if a := foreign(header...); a.Status != 403 || a.Header.Get("Location") != "" {
			t.Errorf("%v: %d", header, a.Status)
		}
	}
	send := func(from *testkit.Browser, f url.Values) *testkit.Answer {
		return from.Raw("POST", action, f.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL)
	}
	changed := func(name, value string) url.Values {
		f := url.Values{}
		for k, v := range good {
			f[k] = v
		}
		f.Set(name, value)
		return f
	}
	_, theirs := other.Get(w.AuthURL(rp)).Form()
	for name, try := range map[string]func() *testkit.Answer{
		"no token": func() *testkit.Answer { return send(b, changed("csrf", "")) }, "made up": func() *testkit.Answer { return send(b, changed("csrf", "AAAA")) },
		"another browser's token": func() *testkit.Answer { return send(b, changed("csrf", theirs.Get("csrf"))) },
		"no cookie":               func() *testkit.Answer { return send(w.Browser(), good) }, "another browser": func() *testkit.Answer { return send(other, good) },
	} {
		w.row("csrf", func() {
			if a := try(); a.Status != 403 || strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), " "), "jedan-session") {
				t.Errorf("%s: %d", name, a.Status)
			}
		})
	}
	w.row("flow", func() { // the attacker's flow in the victim's browser
		if a := send(b, changed("flow", theirs.Get("flow"))); a.Status != 400 || a.Header.Get("Location") != "" {
			t.Errorf("a foreign flow: %d", a.Status)
		}
	})
	if got := w.silent(b, rp); got != "login_required" {
		t.Errorf("somebody is signed in: %q", got)
	}
	if a := send(b, good); a.Status != 303 {
		t.Errorf("the honest form: %d", a.Status)
	}
}

func TestSE06_Cookies(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t))
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	login := get(b, w.AuthURL(rp))
	signedIn := b.Get(w.URL+login.Header.Get("Location")).SubmitRaw("identifier", w.email, "password", testkit.Password)
	seen := map[string]bool{}
	for _, a := range []*testkit.Answer{login, signedIn} {
		for _, line := range a.Header.Values("Set-Cookie") {
			c, err := http.ParseSetCookie(line)
			w.must(err)
			seen[c.Name] = true
			if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("cookie %s", line)
			}
		}
	}
	if !seen["__Host-jedan-session"] || !seen["__Host-jedan-browser"] {
		t.Errorf("cookies %v", seen)
	}
	if a := w.begins(w.AuthURL(rp)); a.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	b.Get(w.AuthURL(rp)).Allow()
	if got := w.silent(b, rp); got != "" {
		t.Fatalf("not signed in: %q", got)
	}
	session := "__Host-jedan-session=" + cookie(b, w.URL, "jedan-session")
	ask := func(header string) *testkit.Answer {
		return w.Get(w.AuthURL(rp, "prompt", "none"), "Cookie", header)
	}
	if q := w.response(ask(session+"; __Host-jedan-browser="+cookie(b, w.URL, "jedan-browser")), rp, "query"); q.Get("code") == "" {
		t.Errorf("both cookies: %v", q)
	}
	if q := w.response(ask(session), rp, "query"); q.Get("error") != "login_required" { // it was copied
		t.Errorf("the cookie alone: %v", q)
	}
	for name, header := range map[string]string{
		"twice": session + "; " + session, "another beside it": "__Host-jedan-session=x; " + session, "without the prefix": strings.TrimPrefix(session, "__Host-"),
		"lower case prefix": strings.Replace(session, "__Host", "__host", 1), "quoted": strings.Replace(session, "=", "=\"", 1) + "\"x", "100 others": strings.Repeat("a=b; ", 100) + "x=y",
		"100 of it": strings.Repeat(session+"; ", 100) + "a=b", "nonsense": "=;;;,=\"", "empty": "__Host-jedan-session=", "1 KB": "__Host-jedan-session=" + strings.Repeat("A", 1024),
	} {
		a := ask(header)
		if a.Status >= 500 || a.Location().Query().Has("code") {
			t.Errorf("%s: %d %s", name, a.Status, a.Header.Get("Location"))
		}
	}
	if a := ask("a=" + strings.Repeat("b", 64<<10)); a.Status != 431 {
		t.Errorf("64 KB of cookies: %d", a.Status)
	}
}

func TestSE07_WhatEndsASession(t *testing.T) {
	w := open(t)
	ctx := context.Background()
	for name, end := range map[string]func(w *world, b *testkit.Browser){
		"logout": func(_ *world, b *testkit.Browser) { b.Get("/oauth2/logout").Submit() },
		"disabled": func(w *world, _ *testkit.Browser) {
			w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonDisabled, testkit.Operator()))
		},
		"locked and unlocked": func(w *world, _ *testkit.Browser) {
			w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonLocked, testkit.Operator()))
			w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonActive, testkit.Operator()))
		},
		"password set by an operator": func(w *world, _ *testkit.Browser) {
			w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, w.person.ID, w.person.PasswordHash, storage.ID{}, testkit.Operator()))
		},
		"password changed elsewhere": func(w *world, _ *testkit.Browser) {
			rp := w.Client(storage.ClientMetadata{})
			other := w.signedIn(rp)
			p := other.Get("/account/password").Submit("current_password", testkit.Password, "new_password", "another horse battery staple")
			if p.Status != 200 || w.silent(other, rp) != "" {
				w.t.Errorf("the password was not changed, or the own session ended: %d", p.Status)
			}
		},
		"ended by an operator": func(w *world, _ *testkit.Browser) {
			sessions, err := w.App.DB.SessionsOf(ctx, w.App.Tenant, w.person.ID)
			w.must(err)
			for _, s := range sessions {
				w.must(w.App.DB.RevokeSession(ctx, w.App.Tenant, s.ID, w.App.Now(), "operator", w.event("session.revoke")))
			}
		},
		"ended in the list of sessions": func(w *world, _ *testkit.Browser) {
			w.endsOthers()
		},
		"signed out everywhere": func(w *world, _ *testkit.Browser) {
			w.signsOutEverywhere(false)
		},
		"signed out everywhere, apps too": func(w *world, _ *testkit.Browser) {
			w.signsOutEverywhere(true)
		},
		"erased": func(w *world, _ *testkit.Browser) {
			w.must(w.App.ErasePerson(ctx, w.person.ID, testkit.Operator()))
		},
		"erased by themselves": func(w *world, b *testkit.Browser) {
			if p := b.Get("/account/delete").Submit("confirm", w.email); p.Status != 200 {
				w.t.Fatalf("not erased: %d", p.Status)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.For(t))
			online := w.Client(storage.ClientMetadata{Online: true})
			b := w.Browser()
			a := w.ok(w.Redeem(online, b.Authorize(w.AuthURL(online), w.email).Get("code")))
			if a.Text("refresh_token") == "" {
				t.Fatal("no online refresh token")
			}
			copied := w.Browser()
			w.plant(copied, "jedan-session", cookie(b, w.URL, "jedan-session"))
			w.plant(copied, "jedan-browser", cookie(b, w.URL, "jedan-browser"))
			w.alive(online, a)
			if got := w.silent(copied, online); got != "" {
				t.Fatalf("a live session: %q", got)
			}
			end(w, b)
			for _, browser := range []*testkit.Browser{b, copied} {
				if got := w.silent(browser, online); got != "login_required" {
					t.Errorf("the session still counts: %q", got)
				}
				if p := browser.Get("/account/password"); !strings.HasPrefix(p.URL.Path, "/login") {
					t.Errorf("the account page shows %s", p.URL.Path)
				}
			}
			w.dead(online, a)
		})
	}
}

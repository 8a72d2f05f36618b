package modules

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const codesPath = "/account/security/codes"

// sentCodes switches both kinds on.
func sentCodes(c *app.Config) {
	testkit.Texting(c)
	c.Login.OTP.Mail, c.Login.OTP.SMS = true, true
}

// bearing bears more wrong codes in a row than one code does.
func bearing(c *app.Config) { c.Login.Second.Free = 10 }

var phones atomic.Int64

func nextPhone() string { return fmt.Sprintf("+4915123%06d", phones.Add(1)) }

// holder is somebody with a factor whose codes are sent.
type holder struct {
	w           *world
	email, kind string
	phone       string
}

// hold has a person add the factor.
func (w *world) hold(email, kind string) holder {
	w.t.Helper()
	h := holder{w: w, email: email, kind: kind, phone: nextPhone()}
	b := w.Browser()
	w.in(guess(b, email, testkit.Password))
	p := b.Get(codesPath).Submit("action", "add", "kind", kind, "number", h.phone)
	if !p.HasID("mfa-code") {
		w.t.Fatalf("no code asked for: %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
	if p = p.Submit("code", h.code()); p.Status != http.StatusOK || p.URL.Path != codesPath || !p.HasID("sent-done") {
		w.t.Fatalf("not added: %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
	w.Clock.Advance(61 * time.Minute) // that message no longer counts
	return h
}

// code is the newest one that came.
func (h holder) code() string {
	h.w.t.Helper()
	if h.kind == "sms" {
		return h.w.TextCode(h.phone)
	}
	return h.w.Mail(h.email).Code()
}

// ask is the page before a code is sent.
func (h holder) ask(b *testkit.Browser) *testkit.Page {
	h.w.t.Helper()
	p := b.Get("/login").SignIn(h.email, testkit.Password)
	q := p.URL.Query()
	q.Set("factor", h.kind)
	if p = b.Get("/login/mfa?" + q.Encode()); !p.HasID("mfa-send") || p.HasID("mfa-code") {
		h.w.t.Fatalf("no button that sends a code: %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
	return p
}

// sent is the page after a code was sent.
func (h holder) sent(b *testkit.Browser) *testkit.Page {
	h.w.t.Helper()
	p := h.ask(b).Submit()
	if p.Status != http.StatusOK || !p.HasID("mfa-code") || !p.HasID("mfa-resend") {
		h.w.t.Fatalf("not sent: %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
	return p
}

// guessed types a code without having one sent.
func (h holder) guessed(b *testkit.Browser, code string) *testkit.Page {
	_, form := h.ask(b).Form("code", code)
	return b.Post("/login/mfa", form)
}

// resend has another code sent.
func resend(b *testkit.Browser, p *testkit.Page) *testkit.Page {
	_, form := p.Form()
	return b.Post("/login/mfa/send", form)
}

// because wants a refusal with the reason in the log, and there alone.
func (h holder) because(reason string, try func() *testkit.Page) {
	h.w.t.Helper()
	mark := h.w.Log.Mark()
	h.w.denied(try())
	if !strings.Contains(h.w.Log.Since(mark), reason) {
		h.w.t.Errorf("%s: the log does not say %s", h.kind, reason)
	}
}

func TestMF07_SentCodes(t *testing.T) {
	w := alone(t, cheap, free, bearing, sentCodes)
	for _, kind := range []string{"sms", "mail"} {
		h := w.hold(w.email, kind)
		other, _ := w.somebody()
		o := w.hold(other, kind)

		// Of somebody else, of another sign-in, replayed.
		b, c := w.Browser(), w.Browser()
		p, q := h.sent(b), o.sent(c)
		mine, theirs := h.code(), o.code()
		second := h.sent(w.Browser())
		newer := h.code()
		if mine != theirs && mine != newer {
			h.because("wrong", func() *testkit.Page { return p.Submit("code", theirs) })
			h.because("wrong", func() *testkit.Page { return q.Submit("code", mine) })
			h.because("wrong", func() *testkit.Page { return p.Submit("code", newer) })
		}
		w.in(p.Submit("code", mine[:3]+" "+mine[3:]))
		h.because("no_code", func() *testkit.Page { return p.Submit("code", mine) })
		w.in(second.Submit("code", newer))

		// After another one was sent.
		w.Clock.Advance(61 * time.Minute)
		b = w.Browser()
		p = h.sent(b)
		old := h.code()
		p = resend(b, p)
		if fresh := h.code(); fresh != old {
			h.because("wrong", func() *testkit.Page { return p.Submit("code", old) })
		}
		w.in(p.Submit("code", h.code()))

		// After five wrong ones; and after ten minutes.
		w.Clock.Advance(61 * time.Minute)
		p = h.sent(w.Browser())
		right := h.code()
		for range 5 {
			h.because("wrong", func() *testkit.Page { return p.Submit("code", otherCode(right)) })
		}
		h.because("no_code", func() *testkit.Page { return p.Submit("code", right) })
		p = h.sent(w.Browser())
		right = h.code()
		w.Clock.Advance(10 * time.Minute)
		if late := p.Submit("code", right); late.URL.Path == "/" {
			t.Errorf("%s: signed in after ten minutes", kind)
		}

		// Of a factor that was removed meanwhile.
		p = h.sent(w.Browser())
		right = h.code()
		for _, f := range w.factors() {
			w.must(w.App.DB.DeleteFactor(t.Context(), w.App.Tenant, w.person.ID, f.ID, nil))
		}
		if gone := p.Submit("code", right); gone.URL.Path == "/" {
			t.Errorf("%s: signed in by a factor that is gone", kind)
		}
		for _, secret := range []string{right, mine, h.phone, h.phone[3:], h.email} {
			if strings.Contains(w.Log.String(), secret) {
				t.Errorf("%s: the log holds a code, a number or an address", kind)
			}
		}
	}
	if hashes := w.rows("SELECT hash FROM codes WHERE hash IS NOT NULL"); len(hashes) < 6 || len(hashes[0]) != 32 {
		t.Errorf("%d codes", len(hashes))
	}
}

// MF07: what signs in says what was proved, and the message is in the form that browsers fill in by themselves.
func TestMF07_WhatSentCodesProve(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	for kind, amr := range map[string]string{"sms": "sms", "mail": "otp"} {
		email, p := w.somebody()
		h := w.hold(email, kind)
		w.in(h.sent(w.Browser()).Submit("code", h.code()))
		sessions, err := w.App.DB.SessionsOf(t.Context(), w.App.Tenant, p.ID)
		w.must(err)
		found := false
		for _, s := range sessions {
			found = found || s.ACR == "2" && strings.Contains(strings.Join(s.AMR, " "), amr) && strings.Contains(strings.Join(s.AMR, " "), "pwd")
		}
		if !found {
			t.Errorf("%s: %+v", kind, sessions)
		}
		if kind == "sms" {
			u, err := url.Parse(w.URL)
			w.must(err)
			all := w.Texts(h.phone)
			if last := all[len(all)-1]; !strings.HasSuffix(strings.TrimSpace(last), "\n\n@"+u.Hostname()+" #"+h.code()) {
				t.Errorf("no WebOTP: %q", last)
			}
		}
	}
}

// MF07, MF01: sixteen at once, and on the last try that a code bears.
func TestMF07_SentCodesAtOnce(t *testing.T) {
	w := alone(t, cheap, free, bearing, sentCodes)
	for _, kind := range []string{"sms", "mail"} {
		for _, before := range []int{0, 4} {
			email, _ := w.somebody()
			h := w.hold(email, kind)
			p := h.sent(w.Browser())
			code := h.code()
			for range before {
				w.denied(p.Submit("code", otherCode(code)))
			}
			if in := atOnce(16, func(int) *testkit.Page { return p.Submit("code", code) }); in != 1 {
				t.Errorf("%s after %d: %d signed in with one code", kind, before, in)
			}
		}
	}
	for _, n := range w.rows("SELECT max(attempts) FROM codes") {
		if n != "5" {
			t.Errorf("a code was tried %s times", n)
		}
	}
}

func TestMF02_SentCodesGuessing(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	h := w.hold(w.email, "sms")
	for range 5 { // each in a flow and a browser of its own, with or without a code
		p := h.sent(w.Browser())
		w.denied(p.Submit("code", otherCode(h.code())))
	}
	w.Clock.Advance(30 * time.Second)
	w.row("mfa.allowance", func() { w.locked(h.guessed(w.Browser(), "123456")) })
}

// MF08: a message goes out for nobody but who has proved the first factor and has the second, and never because a page was looked at.
func TestMF08_SendingIsAStep(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	h := w.hold(w.email, "sms")
	before := len(w.Texts(h.phone))
	b := w.Browser()
	page := h.ask(b)
	for range 3 {
		b.Get(page.URL.String())
	}
	w.row("mfa_send.csrf", func() {
		if p := page.Submit("csrf", "x"); p.Status != http.StatusForbidden {
			t.Errorf("without the form's token: %d", p.Status)
		}
	})
	w.row("mfa_send.flow", func() { page.Submit("flow", "x") })
	for name, step := range map[string]string{"none": "", "forged": "x"} {
		w.row("mfa_send.first", func() {
			if p := page.Submit("step", step); p.URL.Path != "/login" {
				t.Errorf("%s: %d on %s", name, p.Status, p.URL.Path)
			}
		})
	}
	for _, kind := range []string{"", "none", "mail", "totp", "backup"} {
		w.row("mfa_send.factor", func() { page.Submit("factor", kind) })
	}
	w.nobody(b)
	if n := len(w.Texts(h.phone)); n != before {
		t.Errorf("%d messages went out", n-before)
	}
	if p := page.Submit(); !p.HasID("mfa-code") {
		t.Errorf("%d on %s", p.Status, p.URL.Path)
	}
	if p := b.Get(codesPath); p.URL.Path != "/login" {
		t.Errorf("half a sign-in opens the pages of codes: %s", p.URL.Path)
	}
}

// MF04: whoever has a factor proves it before another is added; and a code of one session confirms nothing in another.
func TestMF04_EnrolmentOfSentCodes(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	one, two := w.Browser(), w.Browser()
	w.in(guess(one, w.email, testkit.Password))
	w.in(guess(two, w.email, testkit.Password))
	phone := nextPhone()
	p := one.Get(codesPath).Submit("action", "add", "kind", "sms", "number", phone)
	if q := two.Get(p.URL.Path); q.URL.Path == p.URL.Path {
		t.Error("another session sees the enrolment")
	}
	_, form := two.Get(codesPath).Form("code", w.TextCode(phone))
	if q := two.Post(p.URL.Path, form); q.Status != http.StatusForbidden || len(w.factors()) != 0 {
		t.Errorf("another session confirms: %d", q.Status)
	}
	for _, typed := range []string{"", "0151 2345678", "+1 202 555 0143", "+49 30 123456", phone + ";ext=1", "<b>"} {
		q := one.Get(codesPath).Submit("action", "add", "kind", "sms", "number", typed)
		if q.Status != http.StatusBadRequest || !q.HasID("phone-number-error") {
			t.Errorf("%q: %d on %s", typed, q.Status, q.URL.Path)
		}
	}
	for _, kind := range []string{"totp", "phone", "x", ""} {
		if q := one.Get(codesPath).Submit("action", "add", "kind", kind, "number", phone); q.Status != http.StatusNotFound {
			t.Errorf("kind %q: %d", kind, q.Status)
		}
	}
	h := w.hold(w.email, "sms")
	w.Restart()
	// The first session stands on one factor, and is old by now.
	if q := one.Get(codesPath); q.URL.Path != "/login" {
		t.Errorf("a session of one factor: %d on %s", q.Status, q.URL.Path)
	}
	person, err := w.App.DB.PersonByID(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	own, err := w.App.Directory.Claims(person)
	w.must(err)
	if own.String("phone_number") != h.phone || !own.Bool("phone_number_verified") {
		t.Error("the number is not in the profile")
	}
}

// PW20: at most five codes an hour to a number and to a mailbox, from whatever browser.
func TestPW20_SentCodesAreNoBomb(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	for _, kind := range []string{"sms", "mail"} {
		email, _ := w.somebody()
		h := w.hold(email, kind)
		count := func() int {
			if kind == "sms" {
				return len(w.Texts(h.phone))
			}
			n := 0
			for _, m := range w.Mails(email) {
				if m.Code() != "" {
					n++
				}
			}
			return n
		}
		before, refused := count(), 0
		for range 8 {
			if p := h.ask(w.Browser()).Submit(); p.Status == http.StatusTooManyRequests && strings.Contains(p.Body, "Too many codes were sent") {
				refused++
			}
		}
		if n := count() - before; n != 5 || refused != 3 {
			t.Errorf("%s: %d sent, %d refused", kind, n, refused)
		}
	}
}

// TestAChoiceOfFactors: whoever has an app and a phone chooses.
func TestAChoiceOfFactors(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	h := w.hold(w.email, "sms")
	b := w.Browser()
	w.in(h.sent(b).Submit("code", h.code()))
	phone := b.AddApp()
	p := w.Browser().Half(w.email)
	if !p.HasID("mfa-other-sms") || !strings.Contains(p.Body, "Code from your app") {
		t.Errorf("no choice: %.900s", p.Body)
	}
	w.in(p.Factor("totp", phone.Next()))
	c := w.Browser()
	w.in(h.sent(c).Submit("code", h.code()))
	// Removed again.
	page := c.Get(codesPath)
	_, form := page.Form("action", "remove")
	if p := c.Post(codesPath, form); !p.HasID("sent-done") || len(w.factorEvents("factor.delete")) != 1 {
		t.Errorf("not removed: %d %.400s", p.Status, p.Body)
	}
	if all := w.factors(); len(all) != 1 || all[0].Kind != storage.KindTOTP {
		t.Errorf("%+v", all)
	}
}

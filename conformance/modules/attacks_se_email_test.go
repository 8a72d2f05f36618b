package modules

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const emailPath = "/account/email"

// addressOf is the person's address as it stands, and whether it is proved.
func (w *world) addressOf(p *storage.Person) (string, bool) {
	w.t.Helper()
	now, err := w.App.DB.PersonByID(context.Background(), w.App.Tenant, p.ID)
	w.must(err)
	own, err := w.App.Directory.Claims(now)
	w.must(err)
	return own.String("email"), own.Bool("email_verified")
}

// moving asks for another address and returns the page that takes the code, the mail to the new address and the notice to the old one.
func (w *world) moving(b *testkit.Browser, from, to string) (p *testkit.Page, confirm, notice testkit.Mail) {
	w.t.Helper()
	p = b.Get(emailPath).Submit("action", "change", "email", to)
	if p.Status != http.StatusOK || !p.HasID("mfa-code") {
		w.t.Fatalf("not asked for a code: %d on %s: %.500s", p.Status, p.URL.Path, p.Body)
	}
	confirm, notice = w.Mail(to), w.Mail(from)
	if confirm.Code() == "" || !strings.Contains(confirm.Link(), "/account/email/confirm?token=") || !strings.Contains(notice.Link(), "/account/email/keep?token=") || notice.Code() != "" {
		w.t.Fatalf("mails: %+v, %+v", confirm, notice)
	}
	return p, confirm, notice
}

// signed is a browser in which a new person has just signed in.
func (w *world) signed() (b *testkit.Browser, email string, p *storage.Person) {
	w.t.Helper()
	email, p = w.somebody()
	b = w.Browser()
	w.in(guess(b, email, testkit.Password))
	return b, email, p
}

func TestSE14_PendingChangeOfTheAddress(t *testing.T) {
	w := alone(t, cheap, free)
	ctx := t.Context()

	// Confirmed by the link, once; the old address hears of it.
	b, email, p := w.signed()
	_, confirm, notice := w.moving(b, email, "a."+email)
	if p := w.Browser().Get(confirm.Link()); p.URL.Path != "/login" {
		t.Errorf("the link opens without a session: %s", p.URL.Path)
	}
	stranger, _, _ := w.signed()
	w.ended("in a stranger's session", stranger.Get(confirm.Link()))
	click := b.Get(confirm.Link())
	if at, _ := w.addressOf(p); at != email || !click.HasID("email-submit") {
		t.Fatalf("a look at the link changes the address, or shows no button: %s, %d", at, click.Status)
	}
	if done := click.Submit(); !done.HasID("email-done") {
		t.Fatalf("not changed: %d %.400s", done.Status, done.Body)
	}
	if at, proved := w.addressOf(p); at != "a."+email || !proved {
		t.Errorf("%s %v", at, proved)
	}
	w.ended("twice", b.Get(confirm.Link()))
	w.ended("twice, by the button", click.Submit())
	w.ended("called off afterwards", w.Browser().Get(notice.Link()))
	if m := w.Mail(email); m.Link() != "" || m.Subject != "Ihre E-Mail-Adresse hat sich geändert" {
		t.Errorf("the old address is told %q", m.Subject)
	}

	// Called off from the old address, without a session.
	b, email, p = w.signed()
	page, confirm, notice := w.moving(b, email, "b."+email)
	for range 2 {
		if look := w.Browser().Get(notice.Link()); !look.HasID("email-submit") {
			t.Errorf("no button: %d", look.Status)
		}
	}
	if kept := w.Browser().Get(notice.Link()).Submit(); kept.Status != http.StatusOK || !strings.Contains(kept.Body, "Your address stays as it is") {
		t.Errorf("not called off: %d %.400s", kept.Status, kept.Body)
	}
	w.ended("after it was called off", b.Get(confirm.Link()))
	if late := page.Submit("code", confirm.Code()); late.Status != http.StatusForbidden {
		t.Errorf("the code, after it was called off: %d", late.Status)
	}
	if at, _ := w.addressOf(p); at != email {
		t.Errorf("changed to %s", at)
	}

	// Ended by a new password, a lock, time, a newer wish, and an address that somebody else got first.
	for name, change := range map[string]func(p *storage.Person, email string){
		"a new password": func(p *storage.Person, _ string) {
			w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, p.ID, w.person.PasswordHash, storage.ID{}, testkit.Operator()))
		},
		"an hour": func(*storage.Person, string) { w.Clock.Advance(time.Hour) },
		"somebody else with the address": func(_ *storage.Person, email string) {
			_, err := w.App.Directory.Create(ctx, w.App.Tenant, directory.NewPerson{Claims: directory.Claims{"email": "c." + email}}, testkit.Operator())
			w.must(err)
		},
	} {
		b, email, p := w.signed()
		_, confirm, _ := w.moving(b, email, "c."+email)
		change(p, email)
		again := b.Get(confirm.Link())
		if again.HasID("login-password") {
			again = again.SignIn(email, testkit.Password)
		}
		if again.HasID("email-submit") {
			again = again.Submit()
		}
		w.ended(name, again)
		if at, _ := w.addressOf(p); at != email {
			t.Errorf("%s: changed to %s", name, at)
		}
	}
}

// SE14: a reset of the password, which the old mailbox can ask for, kills the change.
func TestSE14_AResetKillsTheChange(t *testing.T) {
	w := alone(t, cheap, free)
	b, email, p := w.signed()
	_, confirm, _ := w.moving(b, email, "d."+email)
	forgot(w.Browser(), email)
	w.reset(w.Mail(email).Link())
	c := w.Browser()
	w.in(guess(c, email, newPassword))
	w.ended("after a reset", c.Get(confirm.Link()))
	if at, _ := w.addressOf(p); at != email {
		t.Errorf("changed to %s", at)
	}
}

// TestTheAddressIsProved: by a typed code, five times at most; what is on the page of an address that is taken tells nothing.
func TestTheAddressIsProved(t *testing.T) {
	w := alone(t, cheap, free)
	b, email, p := w.signed()
	_, err := w.App.Directory.Update(t.Context(), w.App.Tenant, p.ID, directory.UpdatePerson{Claims: directory.Claims{"email_verified": false}}, testkit.Operator())
	w.must(err)
	page := b.Get(emailPath)
	if !page.HasID("email-verify") {
		t.Fatalf("%.600s", page.Body)
	}
	page = page.Submit("action", "verify")
	code := w.Mail(email).Code()
	for range 4 {
		if q := page.Submit("code", otherCode(code)); q.Status != http.StatusForbidden {
			t.Errorf("a wrong code: %d", q.Status)
		}
	}
	if done := page.Submit("code", code); !done.HasID("email-done") {
		t.Errorf("not proved: %d %.400s", done.Status, done.Body)
	}
	if at, proved := w.addressOf(p); at != email || !proved {
		t.Errorf("%s %v", at, proved)
	}
	if q := page.Submit("code", code); q.Status != http.StatusForbidden {
		t.Errorf("twice: %d", q.Status)
	}
	taken := b.Get(emailPath).Submit("action", "change", "email", w.email)
	free := b.Get(emailPath).Submit("action", "change", "email", "e."+email)
	if taken.Status != free.Status || taken.URL.Path[:len(emailPath)] != free.URL.Path[:len(emailPath)] || !taken.HasID("mfa-code") {
		t.Errorf("an address that is taken: %d on %s", taken.Status, taken.URL.Path)
	}
	if m := w.Mail(w.email); m.Code() != "" || strings.Contains(m.Text, "confirm") {
		t.Errorf("its owner got %q", m.Text)
	}
	right := w.Mail("e." + email).Code()
	for range 5 {
		free.Submit("code", otherCode(right))
	}
	if q := free.Submit("code", right); q.Status != http.StatusForbidden {
		t.Errorf("after five wrong ones: %d", q.Status)
	}
	for _, typed := range []string{"", "maria", "a@b@c", "Maria <m@example.org>", strings.Repeat("a", 300) + "@example.org", strings.ToUpper(email)} {
		if q := b.Get(emailPath).Submit("action", "change", "email", typed); q.Status != http.StatusBadRequest || !q.HasID("email-new-error") {
			t.Errorf("%.30q: %d", typed, q.Status)
		}
	}
	w.Clock.Advance(11 * time.Minute)
	if q := b.Get(emailPath); q.URL.Path != "/login" {
		t.Errorf("without a fresh sign-in: %s", q.URL.Path)
	}
	if strings.Contains(w.Log.String(), email) {
		t.Error("the log names an address")
	}
}

// TestThePhoneNumber is added, changed and removed; a factor that uses it follows.
func TestThePhoneNumber(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	h := w.hold(w.email, "sms")
	b := w.Browser()
	w.in(h.sent(b).Submit("code", h.code()))
	next := nextPhone()
	page := b.Get("/account/phone").Submit("action", "add", "number", next)
	if q := page.Submit("code", otherCode(w.TextCode(next))); q.Status != http.StatusForbidden {
		t.Errorf("a wrong code: %d", q.Status)
	}
	if q := page.Submit("code", w.TextCode(next)); !q.HasID("phone-done") || !strings.Contains(q.Body, next[1:]) {
		t.Errorf("not changed: %d %.500s", q.Status, q.Body)
	}
	h.phone = next
	w.in(h.sent(w.Browser()).Submit("code", h.code()))
	if q := b.Get("/account/phone").Submit("action", "remove"); !q.HasID("phone-done") || strings.Contains(q.Body, next[1:]) {
		t.Errorf("not removed: %d %.500s", q.Status, q.Body)
	}
	if all := w.factors(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	w.in(guess(w.Browser(), w.email, testkit.Password))
}

package modules

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const newPassword = "a quite new password"

// forgot asks for a link.
func forgot(b *testkit.Browser, identifier string) *testkit.Page {
	return b.Get("/recovery").Submit("identifier", identifier)
}

// reset follows a link and sets a password.
func (w *world) reset(link string) *testkit.Page {
	w.t.Helper()
	p := w.Browser().Get(link)
	if !p.HasID("recovery-password") {
		return p
	}
	return p.Submit("new_password", newPassword)
}

// ended wants the one answer to every link that works no longer.
func (w *world) ended(what string, p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusNotFound || !strings.Contains(p.Body, "This link works no longer") {
		w.t.Errorf("%s: status %d: %.400s", what, p.Status, p.Body)
	}
}

func TestPW14_ResetToken(t *testing.T) {
	w := alone(t, cheap, free)
	ctx := context.Background()
	fresh := func() (email string, p *storage.Person, link string) {
		email, p = w.somebody()
		forgot(w.Browser(), email)
		return email, p, w.Mail(email).Link()
	}

	email, _, link := fresh()
	for range 3 { // mail scanners look first
		w.Browser().Get(link)
		w.Raw(http.MethodHead, strings.TrimPrefix(link, w.URL), "")
	}
	if p := w.reset(link); p.Status != http.StatusOK || !strings.Contains(p.Body, "Your new password is set") {
		t.Fatalf("a good link: %d %.600s", p.Status, p.Body)
	}
	w.in(guess(w.Browser(), email, newPassword))
	w.wrong(guess(w.Browser(), email, testkit.Password))
	w.ended("used", w.reset(link))

	email, _, older := fresh()
	forgot(w.Browser(), email)
	newer := w.Mail(email).Link()
	w.ended("an older one after a newer", w.reset(older))
	if p := w.reset(newer); p.Status != http.StatusOK {
		t.Errorf("the newer one: %d", p.Status)
	}

	_, p, link := fresh()
	w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, p.ID, "", storage.ID{}, testkit.Operator()))
	w.ended("after a password change", w.reset(link))

	_, p, link = fresh()
	_, err := w.App.Directory.Update(ctx, w.App.Tenant, p.ID, directory.UpdatePerson{Claims: directory.Claims{"email": "elsewhere@example.org"}}, testkit.Operator())
	w.must(err)
	w.ended("after a change of the address", w.reset(link))

	_, p, link = fresh()
	w.must(w.App.Directory.SetState(ctx, w.App.Tenant, p.ID, storage.PersonLocked, testkit.Operator()))
	w.ended("of a locked account", w.reset(link))

	_, _, link = fresh()
	open := w.Browser().Get(link)
	w.Clock.Advance(time.Hour)
	w.ended("after an hour", w.reset(link))
	w.ended("opened in time, used too late", open.Submit("new_password", newPassword))

	_, _, link = fresh()
	u, err := url.Parse(link)
	w.must(err)
	token := u.Query().Get("token")
	for i := range 8 {
		forged := []byte(token)
		at := i * len(forged) / 8
		forged[at] = map[bool]byte{true: 'A', false: 'B'}[forged[at] == 'B']
		w.ended("forged", w.reset(w.URL+"/recovery/set?token="+string(forged)))
	}
	for _, token := range []string{"", "x", token + "A", token[:63], strings.Repeat("A", 64), strings.Repeat("A", 4000)} {
		w.ended("guessed", w.reset(w.URL+"/recovery/set?token="+token))
	}
}

// PW14: whoever reads the database, or the log, has no link.
func TestPW14_OnlyHashesAreKept(t *testing.T) {
	w := alone(t, cheap)
	email, _ := w.somebody()
	forgot(w.Browser(), email)
	u, err := url.Parse(w.Mail(email).Link())
	w.must(err)
	token := u.Query().Get("token")
	rows, err := w.App.DB.SQL().Query("SELECT link_hash FROM codes")
	w.must(err)
	defer rows.Close() //nolint:errcheck // a test
	n := 0
	for ; rows.Next(); n++ {
		var hash []byte
		w.must(rows.Scan(&hash))
		if len(hash) != 32 || bytes.Contains([]byte(token), hash) {
			t.Errorf("kept as %q", hash)
		}
	}
	w.must(rows.Err())
	if n != 1 || strings.Contains(w.Log.String(), token) || strings.Contains(w.Log.String(), email) {
		t.Errorf("%d codes; or the log names link or address", n)
	}
}

// PW16: a reset opens no session, and whoever has a second factor is asked for it.
func TestPW16_ResetDoesNotBypassTheSecondFactor(t *testing.T) {
	w, rp, b := secured(t)
	_ = rp
	forgot(w.Browser(), w.email)
	link := w.Mail(w.email).Link()
	thief := w.Browser()
	if p := thief.Get(link).Submit("new_password", newPassword); p.Status != http.StatusOK {
		t.Fatalf("%d %.400s", p.Status, p.Body)
	}
	if p := thief.Get("/account/password"); !p.HasID("login-password") {
		t.Errorf("the link signed in: %s", p.URL.Path)
	}
	if p := b.Get("/account/password"); !p.HasID("login-password") {
		t.Error("the old session still counts")
	}
	if p := guess(thief, w.email, newPassword); !p.HasID("mfa-code") {
		t.Errorf("no second step: %s %d", p.URL.Path, p.Status)
	}
}

// PW02: nobody learns who has an account.
func TestPW02_RecoverySaysTheSame(t *testing.T) {
	w := alone(t, cheap)
	email, _ := w.somebody()
	locked, p := w.somebody()
	w.must(w.App.Directory.SetState(context.Background(), w.App.Tenant, p.ID, storage.PersonLocked, testkit.Operator()))
	want := forgot(w.Browser(), email)
	for _, other := range []string{"nobody@example.org", "nobody", locked, "@@", strings.Repeat("x", 500), email + ".evil"} {
		got := forgot(w.Browser(), other)
		if got.Status != want.Status || got.Body != want.Body || len(got.Header) != len(want.Header) {
			t.Errorf("%.30s: %d, %d bytes, want %d, %d bytes", other, got.Status, len(got.Body), want.Status, len(want.Body))
		}
	}
	if n := len(w.Mails(email)); n != 1 || len(w.Mails(locked)) != 0 {
		t.Errorf("%d mails", n)
	}
	var codes int
	w.must(w.App.DB.SQL().QueryRow("SELECT COUNT(*) FROM codes").Scan(&codes))
	if codes != 1 {
		t.Errorf("%d codes: something is kept for nobody", codes)
	}
}

// PW17: links begin with the issuer, whatever the request says.
func TestPW17_LinksComeFromTheIssuer(t *testing.T) {
	w := alone(t, cheap)
	email, _ := w.somebody()
	for _, header := range [][]string{
		{"X-Forwarded-Host", "evil.test"}, {"Forwarded", "host=evil.test;proto=https"}, {"X-Forwarded-Proto", "gopher"}, {"X-Forwarded-Prefix", "/evil"}, {"X-Original-Host", "evil.test"},
	} {
		b := w.Browser()
		_, form := b.Get("/recovery").Form("identifier", email)
		a := b.Raw(http.MethodPost, "/recovery", form.Encode(), append([]string{"Content-Type", testkit.FormType, "Origin", w.URL}, header...)...)
		if a.Status != http.StatusOK {
			t.Fatalf("%v: %d", header, a.Status)
		}
		m := w.Mail(email)
		if !strings.HasPrefix(m.Link(), w.URL+"/recovery/set?token=") || strings.Contains(m.HTML+m.Text, "evil") || strings.Contains(m.HTML+m.Text, "gopher") {
			t.Errorf("%v: %s", header, m.Link())
		}
	}
}

// PW20: five mails an hour, however often and from wherever they are asked for, and the same answer.
func TestPW20_RecoveryIsNoMailBomb(t *testing.T) {
	w := alone(t, cheap)
	email, _ := w.somebody()
	want := ""
	for i := range 12 {
		p := forgot(w.Browser(), []string{email, strings.ToUpper(email), " " + email}[i%3])
		if want == "" {
			want = p.Body
		}
		if p.Status != http.StatusOK || p.Body != want {
			t.Errorf("request %d: %d", i+1, p.Status)
		}
	}
	if n := len(w.Mails(email)); n != 5 {
		t.Errorf("%d mails", n)
	}
	w.Clock.Advance(61 * time.Minute)
	forgot(w.Browser(), email)
	if n := len(w.Mails(email)); n != 6 {
		t.Errorf("%d mails after an hour", n)
	}
}

// TestAResetIsTold: the account hears of it, and the address is proved.
func TestAResetIsTold(t *testing.T) {
	w := alone(t, cheap)
	email, p := w.somebody()
	_, err := w.App.Directory.Update(context.Background(), w.App.Tenant, p.ID, directory.UpdatePerson{Claims: directory.Claims{"email_verified": false}}, testkit.Operator())
	w.must(err)
	forgot(w.Browser(), email)
	w.reset(w.Mail(email).Link())
	if m := w.Mail(email); m.Subject != "Ihr Passwort wurde geändert" {
		t.Errorf("%+v", m.Subject)
	}
	now, err := w.App.DB.PersonByID(context.Background(), w.App.Tenant, p.ID)
	w.must(err)
	if own, err := w.App.Directory.Claims(now); err != nil || !own.Bool("email_verified") {
		t.Error("the address, to which the link went, is not proved", err)
	}
	if a := w.Get("/.well-known/change-password"); a.Status != http.StatusSeeOther || a.Location().Path != "/account/password" {
		t.Error(fmt.Sprint(a.Status, a.Header))
	}
}

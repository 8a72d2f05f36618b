package modules

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/login/signup"
	"github.com/jedan-auth/jedan-auth/storage"
)

// signing lets people make accounts.
func signing(mode string, domains ...string) testkit.Option {
	return func(c *app.Config) {
		cheap(c)
		c.Login.Signup.Mode, c.Login.Signup.Domains = mode, domains
	}
}

// wish asks for an account.
func (w *world) wish(b *testkit.Browser, email string) *testkit.Page {
	w.t.Helper()
	return b.Get("/signup").Submit("identifier", email)
}

// asked wants the one answer to everybody who may ask.
func (w *world) asked(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusOK || !strings.Contains(p.Body, "A mail is on its way to this address") {
		w.t.Errorf("answered %d: %.300s", p.Status, p.Body)
	}
}

// finished follows a mailed link to its end.
func (w *world) finished(b *testkit.Browser, link string, more ...string) *testkit.Page {
	w.t.Helper()
	p := b.Get(link)
	if !p.HasID("signup-finish") {
		return p
	}
	return p.Submit(append([]string{"new_password", "a long enough phrase"}, more...)...)
}

// noAccount wants no account with that name.
func (w *world) noAccount(identifier string) {
	w.t.Helper()
	if p, err := w.App.Directory.ByIdentifier(w.t.Context(), w.App.Tenant, identifier); !errs.Is(err, errs.NotFound) {
		w.t.Errorf("%s is somebody: %v %v", identifier, p, err)
	}
}

// deadLink wants a link that works no longer.
func (w *world) deadLink(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusNotFound || p.HasID("signup-finish") {
		w.t.Errorf("the link works: %d %.300s", p.Status, p.Body)
	}
}

// A new account, from the application's wish to its code; nothing that the form adds to name and password is believed (PW22).
func TestPW22_SignupBelievesNothing(t *testing.T) {
	w := alone(t, signing(signup.Open))
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	p := b.Get(w.AuthURL(rp, "prompt", "create"))
	if p.URL.Path != "/signup" || !p.HasID("signup-identifier") || !p.HasID("signup-submit") {
		t.Fatalf("prompt=create leads to %s", p.URL.Path)
	}
	w.asked(p.Submit("identifier", "new@example.org"))
	w.noAccount("new@example.org") // before the link was followed there is no account (pre-hijacking)
	link := w.Mail("new@example.org").Link()
	if !strings.HasPrefix(link, w.URL+"/signup/finish?token=") {
		t.Fatalf("the link is %s", link)
	}
	if short := b.Get(link).Submit("new_password", "short"); short.Status != http.StatusBadRequest || !short.HasID("signup-password-error") { // PW10
		t.Errorf("a short password: %d", short.Status)
	}
	q := w.finished(b, link, "name", "New", "email", "boss@example.org", "username", "boss@example.org", "email_verified", "true", "admin", "true", "sub", "x", "state", "active",
		"groups", "staff", "phone_number", "+385912345678").Allow().Params()
	claims := w.ok(w.Userinfo(w.ok(w.Redeem(rp, q.Get("code"))).Text("access_token")))
	if claims.Text("email") != "new@example.org" || claims.Text("name") != "New" || claims.JSON["email_verified"] != true || claims.JSON["phone_number"] != nil {
		t.Errorf("%s", claims.Body)
	}
	made, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@example.org")
	if err != nil || made.Admin || made.Subject == "x" {
		t.Errorf("%+v %v", made, err)
	}
	w.noAccount("boss@example.org")
	w.in(guess(w.Browser(), "new@example.org", "a long enough phrase"))
	if q := w.Browser().Get(w.AuthURL(rp, "prompt", "create none")).Params(); q.Get("error") != "invalid_request" {
		t.Errorf("create with none: %v", q)
	}
}

// Whether somebody has an address is told to nobody but its owner, and no mailbox is flooded.
func TestPW02_SignupAnswersTheSame(t *testing.T) {
	w := alone(t, signing(signup.Open))
	b := w.Browser()
	taken, free := w.wish(b, w.email), w.wish(b, "free@example.org")
	w.asked(taken)
	if taken.Status != free.Status || taken.Body != free.Body {
		t.Error("the answers differ")
	}
	if m := w.Mail(w.email); !strings.Contains(m.Link(), "/login") || strings.Contains(m.Text, "/signup/finish") {
		t.Errorf("the owner is told: %s", m.Text)
	}
	for range 8 { // PW20
		w.asked(w.wish(b, "free@example.org"))
	}
	if n := len(w.Mails("free@example.org")); n != 5 {
		t.Errorf("%d mails within an hour", n)
	}
	// Two links to one address: one account.
	mails := w.Mails("free@example.org")
	first := w.finished(w.Browser(), mails[3].Link())
	if first.Status != http.StatusOK || !strings.Contains(first.Body, "Your account is ready") {
		t.Errorf("the first link: %d", first.Status)
	}
	w.deadLink(w.finished(w.Browser(), mails[4].Link()))
	w.deadLink(w.finished(w.Browser(), mails[3].Link()))
}

// Where sign-up is closed nothing opens it: no direct request, and no link from when it was open.
func TestPW21_SignupClosed(t *testing.T) {
	off := open(t)
	b := off.Browser()
	for _, path := range []string{"/signup", "/signup/finish"} {
		if p := b.Get(path); p.Status != http.StatusNotFound {
			t.Errorf("GET %s is answered %d", path, p.Status)
		}
		if p := b.Post(path, form("identifier", "x@example.org", "new_password", "a long enough phrase", "csrf", "x")); p.Status != http.StatusNotFound {
			t.Errorf("POST %s is answered %d", path, p.Status)
		}
	}
	if err := off.App.Invite(t.Context(), "x@example.org", "en", testkit.Operator()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an invitation: %v", err)
	}
	rp := off.Client(storage.ClientMetadata{})
	if q := b.Get(off.AuthURL(rp, "prompt", "create")).Params(); q.Get("error") != "invalid_request" {
		t.Errorf("prompt=create: %v", q)
	}

	w := alone(t, signing(signup.Open))
	w.asked(w.wish(w.Browser(), "asked@example.org"))
	w.must(w.App.Invite(t.Context(), "invited@example.org", "en", testkit.Operator()))
	asked, invited := w.Mail("asked@example.org").Link(), w.Mail("invited@example.org").Link()
	w.App.Config.Login.Signup = signup.Config{Mode: signup.Domain, Domains: []string{"acme.example"}}
	w.Restart()
	w.deadLink(w.Browser().Get(asked))
	for _, address := range []string{"x@example.org", "x@sub.acme.example", "x@acme.example.evil.test", "x@xacme.example"} {
		if p := w.wish(w.Browser(), address); p.Status != http.StatusBadRequest || !strings.Contains(p.Body, "cannot have an account here") {
			t.Errorf("%s is answered %d", address, p.Status)
		}
	}
	w.asked(w.wish(w.Browser(), "x@ACME.example"))
	w.App.Config.Login.Signup = signup.Config{Mode: signup.Invitation}
	w.Restart()
	w.deadLink(w.Browser().Get(asked))
	if p := w.Browser().Post("/signup", form("identifier", "y@example.org", "csrf", "x")); p.Status != http.StatusNotFound {
		t.Errorf("asking without an invitation: %d", p.Status)
	}
	if p := w.Browser().Get(invited); !p.HasID("signup-finish") {
		t.Errorf("the invitation counts no longer: %d", p.Status)
	}
	w.App.Config.Login.Signup = signup.Config{}
	w.Restart()
	if p := w.Browser().Get(invited); p.Status != http.StatusNotFound {
		t.Errorf("the invitation counts where sign-up is off: %d", p.Status)
	}
	w.noAccount("invited@example.org")
}

// An invitation makes one account, for its address, and for nobody who is somebody already.
func TestPW23_Invitation(t *testing.T) {
	w := alone(t, signing(signup.Invitation))
	w.must(w.App.Invite(t.Context(), "guest@example.org", "de", testkit.Operator()))
	mail := w.Mail("guest@example.org")
	link := mail.Link()
	if !strings.HasPrefix(link, w.URL+"/") || !strings.Contains(mail.Subject, "eingeladen") {
		t.Errorf("%s %s", mail.Subject, link)
	}
	other := w.Browser()
	w.in(guess(other, w.email, testkit.Password))
	if p := other.Get(link); p.Status != http.StatusForbidden || p.HasID("signup-finish") {
		t.Errorf("somebody who is signed in: %d", p.Status)
	}
	token := link[strings.Index(link, "token=")+len("token="):]
	for _, forged := range []string{"", "x", token[:len(token)-1], token[:30] + "AAAA" + token[34:], "eyJhbGciOiJub25lIn0.e30.", strings.Repeat("A", len(token))} {
		w.deadLink(w.Browser().Get("/signup/finish?token=" + forged))
	}
	one, two := w.Browser(), w.Browser()
	first, second := one.Get(link), two.Get(link)
	var codes [2]int
	var both sync.WaitGroup
	for i, p := range []*testkit.Page{first, second} { // twice at once: one account
		both.Go(func() {
			codes[i] = p.Submit("new_password", "a long enough phrase", "username", "evil@example.org", "email", "evil@example.org").Status
		})
	}
	both.Wait()
	if codes[0]+codes[1] != http.StatusOK+http.StatusNotFound {
		t.Errorf("twice at once: %v", codes)
	}
	w.noAccount("evil@example.org")
	w.deadLink(w.Browser().Get(link))
	w.in(guess(w.Browser(), "guest@example.org", "a long enough phrase"))
	if err := w.App.Invite(t.Context(), "guest@example.org", "en", testkit.Operator()); !errs.Is(err, errs.Conflict) {
		t.Errorf("inviting somebody who is here: %v", err)
	}
	w.must(w.App.Invite(t.Context(), "late@example.org", "en", testkit.Operator()))
	late := w.Mail("late@example.org").Link()
	w.Clock.Advance(7*24*time.Hour + time.Second)
	w.deadLink(w.Browser().Get(late))
}

// Nobody gets an address or a name that looks like another's.
func TestPW26_SignupConfusables(t *testing.T) {
	w := alone(t, signing(signup.Open))
	p := w.Person("admin@example.org")
	b := w.Browser()
	for _, address := range []string{
		"\u0430dmin@example.org", "ad\u200bmin@example.org", "\u202eadmin@example.org", "admin@ex\u0430mple.org", "admin", "+385912345678", "a b@example.org",
		strings.Repeat("a", 10_000) + "@example.org", "\"admin\"@example.org", "admin@example.org\r\nBcc: x@example.org",
	} {
		if got := w.wish(b, address); got.Status != http.StatusBadRequest && got.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%.40q is answered %d", address, got.Status)
		}
	}
	w.asked(w.wish(b, "\uff41dmin@example.org")) // the same address in another width: its owner is told
	if got, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "\uff41dmin@example.org"); err != nil || got.ID != p.ID {
		t.Errorf("%v", err)
	}
	w.asked(w.wish(b, "honest@example.org"))
	link := w.Mail("honest@example.org").Link()
	for _, name := range []string{"a\u202eb", "a\x00b", strings.Repeat("x", 300)} {
		if got := w.finished(w.Browser(), link, "name", name); got.Status != http.StatusBadRequest {
			t.Errorf("the name %.10q is answered %d", name, got.Status)
		}
	}
}

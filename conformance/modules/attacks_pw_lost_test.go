package modules

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Links of a recovery that waits.
const (
	lostStart  = "/recovery/lost/start?token="
	lostCancel = "/recovery/lost/cancel?token="
	lostSet    = "/recovery/lost/set?token="
	lostWait   = 24 * time.Hour
)

// lasting keeps sessions for as long as a recovery waits.
func lasting(c *app.Config) { c.Sessions.Idle = 300 * time.Hour }

// lost asks for the link by which a recovery begins.
func lost(b *testkit.Browser, identifier string) *testkit.Page {
	return b.Get("/recovery/lost").Submit("identifier", identifier)
}

// linked is the link of a kind in the newest mail that has one, "" for none.
func (w *world) linked(email, kind string) string {
	w.t.Helper()
	for _, m := range slices.Backward(w.Mails(email)) {
		if strings.HasPrefix(m.Link(), w.URL+kind) {
			return m.Link()
		}
	}
	return ""
}

// starting is a link by which a recovery of somebody new begins.
func (w *world) starting() (email string, p *storage.Person, link string) {
	w.t.Helper()
	email, p = w.somebody()
	lost(w.Browser(), email)
	if link = w.linked(email, lostStart); link == "" {
		w.t.Fatal("no link to begin by")
	}
	return email, p, link
}

// recovering is somebody whose recovery waits, with a link that cancels it.
func (w *world) recovering() (email string, p *storage.Person, cancel string) {
	w.t.Helper()
	email, p, link := w.starting()
	if page := w.Browser().Get(link).Submit(); !page.HasID("lost-ready") {
		w.t.Fatalf("it does not begin: %d %.600s", page.Status, page.Body)
	}
	return email, p, w.linked(email, lostCancel)
}

// ready is somebody whose recovery has waited.
func (w *world) ready() (email string, p *storage.Person, cancel, set string) {
	w.t.Helper()
	email, p, cancel = w.recovering()
	w.Clock.Advance(lostWait)
	w.due()
	if set = w.linked(email, lostSet); set == "" {
		w.t.Fatal("no link after the wait")
	}
	return email, p, cancel, set
}

func (w *world) due() {
	w.t.Helper()
	w.must(w.App.RecoverDue(context.Background()))
}

// found sets a new password by a link.
func found(b *testkit.Browser, link string) *testkit.Page {
	p := b.Get(link)
	if !p.HasID("lost-set") {
		return p
	}
	return p.Submit("new_password", newPassword)
}

// underway reports whether a recovery of the person waits or is ready.
func (w *world) underway(p *storage.Person) bool {
	w.t.Helper()
	_, err := w.App.DB.RecoveryOf(context.Background(), w.App.Tenant, p.ID, w.Clock.Now())
	return err == nil
}

// out wants a session that counts no longer.
func (w *world) out(b *testkit.Browser) {
	w.t.Helper()
	if p := b.Get("/account/password"); p.URL.Path != "/login" {
		w.t.Errorf("the session goes on: %d on %s", p.Status, p.URL.Path)
	}
}

// over wants the one answer to every link that cancels nothing.
func (w *world) over(what string, p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusNotFound || !strings.Contains(p.Body, "No recovery waits") {
		w.t.Errorf("%s: status %d: %.400s", what, p.Status, p.Body)
	}
}

// PW16: whoever has the mailbox alone waits, while everybody hears of it; then the factors are gone, and everything that was open is closed.
func TestPW16_EverythingLostWaits(t *testing.T) {
	w, _, owner := secured(t, cheap, lasting, testkit.Texting)
	const phone = "+385912345678"
	b := w.Browser()
	half := b.Half(w.email)
	href := regexp.MustCompile(`id="mfa-lost" href="([^"]+)"`).FindStringSubmatch(half.Body)
	if href == nil {
		t.Fatalf("no way on from the second step: %.900s", half.Body)
	}
	ask := b.Get(strings.ReplaceAll(href[1], "&amp;", "&"))
	if !strings.Contains(ask.Body, w.email) {
		t.Errorf("who began to sign in is asked again who they are: %.600s", ask.Body)
	}
	if p := ask.Submit(); p.Status != http.StatusOK || !strings.Contains(p.Body, "Look into your mail") {
		t.Fatalf("%d %.600s", p.Status, p.Body)
	}
	link := w.linked(w.email, lostStart)
	for range 3 { // mail scanners look first
		w.Browser().Get(link)
		w.Raw(http.MethodHead, strings.TrimPrefix(link, w.URL), "")
	}
	if w.underway(w.person) {
		t.Fatal("a look begins it")
	}
	begun := w.Browser().Get(link).Submit()
	if !begun.HasID("lost-ready") {
		t.Fatalf("%d %.600s", begun.Status, begun.Body)
	}
	row, err := w.App.DB.RecoveryOf(context.Background(), w.App.Tenant, w.person.ID, w.Clock.Now())
	w.must(err)
	told := func(what string, mails, texts int) {
		t.Helper()
		n := 0
		for _, m := range w.Mails(w.email) {
			if strings.HasPrefix(m.Link(), w.URL+lostCancel) {
				n++
			}
		}
		all := w.Texts(phone)
		if n != mails || len(all) != texts || !strings.Contains(all[len(all)-1], w.URL+lostCancel) {
			t.Errorf("%s: %d mails, %d texts", what, n, len(all))
		}
	}
	told("begun", 1, 1)
	w.ended("the same link again", w.Browser().Get(link))
	lost(w.Browser(), w.email) // asking again neither shortens nor prolongs it
	told("asked again", 2, 1)
	again, err := w.App.DB.RecoveryOf(context.Background(), w.App.Tenant, w.person.ID, w.Clock.Now())
	w.must(err)
	if again.ID != row.ID || !again.ReadyAt.Equal(row.ReadyAt) {
		t.Error("another recovery, or another time")
	}
	if p := owner.Get("/"); !p.HasID("home-recovery") {
		t.Errorf("a living session is not told: %.600s", p.Body)
	}
	w.Clock.Advance(lostWait * 3 / 4)
	w.due()
	w.due()
	told("told again", 3, 2)
	w.Clock.Advance(lostWait/4 - time.Minute)
	w.due()
	if w.linked(w.email, lostSet) != "" {
		t.Fatal("a link before the time")
	}
	if p := lost(w.Browser(), w.email); p.Status != http.StatusOK || w.linked(w.email, lostSet) != "" {
		t.Fatal("a link for asking before the time")
	}
	w.Clock.Advance(time.Minute)
	w.due()
	w.due()
	set := w.linked(w.email, lostSet)
	w.Browser().Get(set)
	if p := w.Browser().Get(set).Submit("new_password", "short"); p.Status != http.StatusBadRequest || !p.HasID("lost-set") {
		t.Errorf("a short password: %d", p.Status)
	}
	thief := w.Browser()
	if p := found(thief, set); p.Status != http.StatusOK || !strings.Contains(p.Body, "Your new password is set") {
		t.Fatalf("%d %.600s", p.Status, p.Body)
	}
	w.nobody(thief) // it is no sign-in
	w.out(owner)
	w.ended("a second use", found(w.Browser(), set))
	w.in(guess(w.Browser(), w.email, newPassword))
	if n := len(w.factorEvents("recovery.begin")) + len(w.factorEvents("recovery.ready")) + len(w.factorEvents("recovery.use")); n != 3 {
		t.Errorf("%d events", n)
	}
	if !slices.ContainsFunc(w.Mails(w.email), func(m testkit.Mail) bool { return m.Subject == "Ihr Konto wurde wiederhergestellt" }) {
		t.Error("nobody hears that it was used")
	}
	if strings.Contains(w.Log.String(), w.email) || strings.Contains(w.Log.String(), strings.TrimPrefix(set, w.URL+lostSet)) {
		t.Error("the log names address or link")
	}
}

// PW14: the link that begins.
func TestPW14_LinkThatBeginsARecovery(t *testing.T) {
	w := alone(t, cheap, free, byMail)
	ctx := context.Background()
	look := func(what, link string) {
		t.Helper()
		w.ended(what, w.Browser().Get(link))
	}
	email, _, older := w.starting()
	lost(w.Browser(), email)
	look("an older one after a newer", older)
	_, p, link := w.starting()
	open := w.Browser().Get(link)
	w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, p.ID, "", storage.ID{}, testkit.Operator()))
	look("after a password change", link)
	w.ended("opened before it, used after it", open.Submit())
	_, p, link = w.starting()
	w.must(w.App.Directory.SetState(ctx, w.App.Tenant, p.ID, storage.PersonLocked, testkit.Operator()))
	look("of a locked account", link)
	_, p, link = w.starting()
	w.set(p, "admin", true)
	look("of an administrator", link)
	_, _, link = w.starting()
	token := strings.TrimPrefix(link, w.URL+lostStart)
	look("forged", w.URL+lostStart+token[:40]+flipped(token[40])+token[41:])
	for _, path := range []string{lostSet, "/recovery/set?token=", "/login/link/open?token="} {
		look("for another purpose: "+path, w.URL+path+token)
	}
	w.over("to cancel", w.Browser().Get(w.URL+lostCancel+token))
	w.Clock.Advance(time.Hour)
	look("after an hour", link)
	for _, token := range []string{"", "x", strings.Repeat("A", 64), strings.Repeat("A", 4000)} {
		look("guessed", w.URL+lostStart+token)
	}
}

func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// PW14: the link at the end of the wait: not before, not after a cancellation, not twice, and not for an account that has changed.
func TestPW14_LinkThatEndsARecovery(t *testing.T) {
	w := alone(t, cheap, free, byMail)
	ctx := context.Background()
	look := func(what, link string) {
		t.Helper()
		w.ended(what, w.Browser().Get(link))
	}
	email, p, cancel, set := w.ready()
	open := w.Browser().Get(set)
	w.Clock.Advance(-time.Minute) // the wait is judged where the password is set, too
	look("before its time", set)
	w.ended("opened later, used before its time", open.Submit("new_password", newPassword))
	w.Clock.Advance(time.Hour + time.Minute)
	look("an old one", set)
	lost(w.Browser(), email)
	newer := w.linked(email, lostSet)
	if newer == set || !w.Browser().Get(newer).HasID("lost-set") {
		t.Fatal("no other link, though it is ready")
	}
	if page := w.Browser().Get(cancel).Submit(); page.Status != http.StatusOK || w.underway(p) {
		t.Fatalf("not cancelled: %d", page.Status)
	}
	look("after a cancellation", newer)
	w.wrong(guess(w.Browser(), email, newPassword))

	_, p, _, set = w.ready()
	open = w.Browser().Get(set)
	w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, p.ID, "", storage.ID{}, testkit.Operator()))
	look("after a password change", set)
	w.ended("opened before it, used after it", open.Submit("new_password", newPassword))

	_, p, _, set = w.ready()
	open = w.Browser().Get(set)
	w.set(p, "admin", true)
	look("of an administrator", set)
	w.ended("an administrator since it was opened", open.Submit("new_password", newPassword))

	email, p, _ = w.recovering()
	_, err := w.App.Directory.Update(ctx, w.App.Tenant, p.ID, directory.UpdatePerson{Claims: directory.Claims{"email": "new" + email}}, testkit.Operator())
	w.must(err)
	w.Clock.Advance(lostWait)
	w.due()
	if w.underway(p) || w.linked(email, lostSet)+w.linked("new"+email, lostSet) != "" {
		t.Error("a recovery goes on at another address")
	}

	_, _, _, set = w.ready()
	token := strings.TrimPrefix(set, w.URL+lostSet)
	look("forged", w.URL+lostSet+token[:40]+flipped(token[40])+token[41:])
	for _, path := range []string{lostStart, "/recovery/set?token=", "/login/link/open?token="} {
		look("for another purpose: "+path, w.URL+path+token)
	}
	email, p, cancel = w.recovering()
	w.Clock.Advance(lostWait + 3*24*time.Hour)
	w.due()
	if w.underway(p) || w.linked(email, lostSet) != "" {
		t.Error("it stands for ever")
	}
	w.over("an expired one", w.Browser().Get(cancel))
}

// PW14: the link that cancels does that, once, and nothing else.
func TestPW14_LinkThatCancelsARecovery(t *testing.T) {
	w := alone(t, cheap, free, byMail)
	email, p, cancel := w.recovering()
	_, other, _ := w.recovering()
	token := strings.TrimPrefix(cancel, w.URL+lostCancel)
	for range 3 {
		w.Browser().Get(cancel)
		w.Raw(http.MethodHead, strings.TrimPrefix(cancel, w.URL), "")
	}
	b := w.Browser()
	for _, path := range []string{lostStart, lostSet, "/recovery/set?token=", "/login/link/open?token=", "/account/email/keep?token="} {
		if page := b.Get(path + token); page.Status != http.StatusNotFound {
			t.Errorf("it opens %s: %d", path, page.Status)
		}
	}
	w.nobody(b)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	w.must(err)
	row, err := w.App.DB.RecoveryOf(context.Background(), w.App.Tenant, other.ID, w.Clock.Now())
	w.must(err)
	foreign := append(append([]byte{}, row.ID[:]...), raw[16:]...)
	bent := append(append([]byte{}, raw[:len(raw)-1]...), raw[len(raw)-1]^1)
	version := append([]byte{}, raw...)
	version[16] ^= 1
	for what, forged := range map[string][]byte{"another's": foreign, "bent": bent, "another key": version, "short": raw[:51]} {
		w.over(what, w.Browser().Get(lostCancel+base64.RawURLEncoding.EncodeToString(forged)))
	}
	w.over("none", w.Browser().Get(lostCancel))
	if !w.underway(p) || !w.underway(other) {
		t.Fatal("a look, or a forged link, cancels")
	}
	open := w.Browser().Get(cancel)
	if page := w.Browser().Get(cancel).Submit(); page.Status != http.StatusOK || !strings.Contains(page.Body, "The recovery is cancelled") {
		t.Fatalf("%d %.400s", page.Status, page.Body)
	}
	w.over("again", w.Browser().Get(cancel))
	w.over("opened before", open.Submit())
	if w.underway(p) || !w.underway(other) {
		t.Error("the wrong one is cancelled")
	}
	if m := w.Mail(email); m.Subject != "Die Wiederherstellung Ihres Kontos ist abgebrochen" {
		t.Errorf("not told: %s", m.Subject)
	}
	if strings.Contains(w.Log.String(), token) {
		t.Error("the log has the link")
	}
}

// MF08: whoever still has a factor, or a living session, cancels it.
func TestMF08_ARealFactorCancelsARecovery(t *testing.T) {
	w, rp, b := secured(t, cheap, lasting)
	begin := func() string {
		t.Helper()
		w.Clock.Advance(61 * time.Minute)
		lost(w.Browser(), w.email)
		w.Browser().Get(w.linked(w.email, lostStart)).Submit()
		if !w.underway(w.person) {
			t.Fatal("it does not begin")
		}
		w.Clock.Advance(lostWait)
		w.due()
		return w.linked(w.email, lostSet)
	}
	set := begin()
	w.Browser().Half(w.email) // a password alone
	if !w.underway(w.person) {
		t.Fatal("a password cancels it")
	}
	w.Browser().Half(w.email).Factor("totp", "000000")
	if !w.underway(w.person) {
		t.Fatal("a wrong code cancels it")
	}
	if p := w.Browser().Half(w.email).Factor("totp", rp.Next()); p.Status != http.StatusOK || w.underway(w.person) {
		t.Fatalf("a sign-in with the app does not cancel it: %d", p.Status)
	}
	w.ended("after a sign-in with the app", found(w.Browser(), set))
	if !slices.ContainsFunc(w.Mails(w.email), func(m testkit.Mail) bool { return m.Subject == "Die Wiederherstellung Ihres Kontos ist abgebrochen" }) {
		t.Error("not told")
	}
	set = begin()
	if p := w.Browser().Post("/account/recovery", url.Values{}); p.Status != http.StatusForbidden || !w.underway(w.person) {
		t.Errorf("a form from elsewhere: %d", p.Status)
	}
	stranger := w.Browser()
	if p := stranger.Get("/account/recovery"); p.URL.Path != "/login" {
		t.Errorf("nobody is signed in: %s", p.URL.Path)
	}
	other, _ := w.somebody()
	w.in(guess(stranger, other, testkit.Password))
	w.over("another person's session", stranger.Get("/account/recovery"))
	if p := b.Get("/account/recovery"); !p.HasID("lost-cancel") {
		t.Fatalf("%d %.600s", p.Status, p.Body)
	} else if p = p.Submit(); p.Status != http.StatusOK || w.underway(w.person) {
		t.Fatalf("not cancelled: %d", p.Status)
	}
	w.ended("after a cancellation in the account", found(w.Browser(), set))
	if p := b.Get("/"); p.HasID("home-recovery") {
		t.Error("it still shows")
	}
	if n := len(w.factorEvents("recovery.cancel")); n != 2 {
		t.Errorf("%d events", n)
	}
}

// PW02: nobody learns who has an account, or factors; PW20: five mails an hour.
func TestPW02_LostFactorsSayTheSame(t *testing.T) {
	w := alone(t, cheap, free)
	email, _ := w.somebody()
	locked, p := w.somebody()
	w.must(w.App.Directory.SetState(context.Background(), w.App.Tenant, p.ID, storage.PersonLocked, testkit.Operator()))
	admin, p := w.somebody()
	w.set(p, "admin", true)
	want := lost(w.Browser(), email)
	for _, other := range []string{"nobody@example.org", "nobody", locked, admin, "@@", strings.Repeat("x", 500), email + ".evil"} {
		got := lost(w.Browser(), other)
		if got.Status != want.Status || got.Body != want.Body || len(got.Header) != len(want.Header) {
			t.Errorf("%.30s: %d, %d bytes, want %d, %d bytes", other, got.Status, len(got.Body), want.Status, len(want.Body))
		}
	}
	if n := len(w.Mails(email)); n != 1 || len(w.Mails(locked))+len(w.Mails(admin)) != 0 {
		t.Errorf("%d mails", n)
	}
	var codes int
	w.must(w.App.DB.SQL().QueryRow("SELECT COUNT(*) FROM codes").Scan(&codes))
	if codes != 1 {
		t.Errorf("%d codes: something is kept for nobody", codes)
	}
	for i := range 9 {
		lost(w.Browser(), []string{email, strings.ToUpper(email), " " + email}[i%3])
	}
	if n := len(w.Mails(email)); n != 5 {
		t.Errorf("%d mails: a mail bomb", n)
	}
}

// TestLostSwitchedOff: where it is off nobody begins, and what waits is not ready; it can be cancelled.
func TestLostSwitchedOff(t *testing.T) {
	w := alone(t, cheap, func(c *app.Config) { c.Recovery.Wait = -1 })
	if p := w.Browser().Get("/recovery/lost"); p.Status != http.StatusNotFound {
		t.Errorf("%d", p.Status)
	}
	if p := w.Browser().Get("/recovery"); p.HasID("recovery-lost") || p.Status != http.StatusOK {
		t.Error("a link that leads nowhere")
	}
}

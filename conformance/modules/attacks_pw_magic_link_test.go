package modules

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// byMail offers a sign-in by mail.
func byMail(c *app.Config) { c.Login.ByMail = true }

// mailed begins a sign-in by mail and returns the page that takes the code.
func (w *world) mailed(b *testkit.Browser, email string) (*testkit.Page, testkit.Mail) {
	w.t.Helper()
	p := b.Get("/login")
	q := url.Values{"flow": {p.URL.Query().Get("flow")}}
	p = b.Get("/login/link?"+q.Encode()).Submit("identifier", email)
	if p.Status != http.StatusOK || !p.HasID("login-code") {
		w.t.Fatalf("no page for the code: %d %.400s", p.Status, p.Body)
	}
	return p, w.Mail(email)
}

// noCode wants the one answer to codes that do not count.
func (w *world) noCode(what string, p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusForbidden || !p.HasID("login-code") || !strings.Contains(p.Body, "This code does not work.") {
		w.t.Errorf("%s: %d on %s: %.300s", what, p.Status, p.URL.Path, p.Body)
	}
}

func TestPW19_MagicLink(t *testing.T) {
	w := alone(t, cheap, free, byMail)
	b := w.Browser()
	p, m := w.mailed(b, w.email)
	stranger := w.Browser()
	for range 3 { // mail scanners, and other browsers, look
		if p := stranger.Get(m.Link()); p.Status != http.StatusOK || p.HasID("login-submit") || !strings.Contains(p.Body, "Go on in the browser where you began") {
			t.Fatalf("another browser: %d %.400s", p.Status, p.Body)
		}
		w.Raw(http.MethodHead, strings.TrimPrefix(m.Link(), w.URL), "")
	}
	// The other browser posts what the right one would.
	u, err := url.Parse(m.Link())
	w.must(err)
	_, form := stranger.Get("/recovery").Form()
	form.Set("token", u.Query().Get("token"))
	if p := stranger.Post("/login/link/open", form); p.Status != http.StatusForbidden {
		t.Errorf("a foreign form: %d", p.Status)
	}
	click := b.Get(m.Link())
	if !click.HasID("login-submit") {
		t.Fatalf("no button: %d %.400s", click.Status, click.Body)
	}
	w.in(click.Submit())
	w.ended("twice", b.Get(m.Link()))
	w.ended("twice, by the button", click.Submit())
	w.noCode("the code after the link", p.Submit("code", m.Code()))

	b = w.Browser()
	_, m = w.mailed(b, w.email)
	click = b.Get(m.Link())
	w.Clock.Advance(10 * time.Minute)
	w.ended("too late", click.Submit())
	w.ended("too late", b.Get(m.Link()))
}

func TestMF07_MailedCodes(t *testing.T) {
	w := alone(t, cheap, free, byMail)
	email, _ := w.somebody()
	mine, theirs := w.Browser(), w.Browser()
	p, m := w.mailed(mine, w.email)
	q, n := w.mailed(theirs, email)
	if m.Code() != n.Code() {
		w.noCode("of somebody else", p.Submit("code", n.Code()))
		w.noCode("of another flow", q.Submit("code", m.Code()))
	}
	w.in(p.Submit("code", m.Code()[:3]+" "+m.Code()[3:]))
	w.noCode("twice", p.Submit("code", m.Code()))

	// After another mail in the same sign-in.
	first := n
	again := q.Submit("code", "")
	w.noCode("none", again)
	flow := url.Values{"flow": {formValue(again, "flow")}}
	q = theirs.Get("/login/link?"+flow.Encode()).Submit("identifier", email)
	n = w.Mail(email)
	if n.Code() != first.Code() {
		w.noCode("after a resend", q.Submit("code", first.Code()))
	}
	w.ended("the link after a resend", theirs.Get(first.Link()))
	for range 5 {
		q.Submit("code", "000000")
	}
	w.noCode("the right one after five wrong ones", q.Submit("code", n.Code()))

	late := w.Browser()
	q, n = w.mailed(late, email)
	w.Clock.Advance(10 * time.Minute)
	w.noCode("after ten minutes", q.Submit("code", n.Code()))

	// A password or state that changed in between.
	person, err := w.App.Directory.ByIdentifier(context.Background(), w.App.Tenant, email)
	w.must(err)
	q, n = w.mailed(w.Browser(), email)
	w.must(w.App.Directory.SetState(context.Background(), w.App.Tenant, person.ID, storage.PersonLocked, testkit.Operator()))
	w.noCode("of a locked account", q.Submit("code", n.Code()))
}

// A link of an account that changed or was locked in between is dead, and so is one with another token.
func TestPW19_MagicLinkOfAChangedAccount(t *testing.T) {
	w := alone(t, cheap, free, byMail)
	b := w.Browser()
	_, m := w.mailed(b, w.email)
	w.must(w.App.Directory.SetState(t.Context(), w.App.Tenant, w.person.ID, storage.PersonLocked, testkit.Operator()))
	w.ended("of a locked account", b.Get(m.Link()))
	w.must(w.App.Directory.SetState(t.Context(), w.App.Tenant, w.person.ID, storage.PersonActive, testkit.Operator()))
	b = w.Browser()
	_, m = w.mailed(b, w.email)
	last := m.Link()[len(m.Link())-1:]
	other := map[bool]string{true: "Q", false: "A"}[last == "A"]
	w.ended("another token", b.Get(m.Link()[:len(m.Link())-1]+other))
	w.must(w.App.Directory.SetPassword(t.Context(), w.App.Tenant, w.person.ID, w.person.PasswordHash, storage.ID{}, testkit.Operator()))
	w.ended("after a new password", b.Get(m.Link()))
}

// A request about somebody else is not answered by this mailbox, and does not use its code up.
func TestPW19_MailForAnotherPerson(t *testing.T) {
	w := alone(t, cheap, free, byMail)
	email, _ := w.somebody()
	rp, theirs := w.Client(storage.ClientMetadata{}), w.Browser()
	hint := w.ok(w.Redeem(rp, theirs.Authorize(w.AuthURL(rp), email).Get("code"))).Text("id_token")
	b := w.Browser()
	flow := url.Values{"flow": {b.Get(w.AuthURL(rp, "id_token_hint", hint)).Query("flow")}}
	p := b.Get("/login/link?"+flow.Encode()).Submit("identifier", w.email)
	m := w.Mail(w.email)
	w.noCode("of another person", p.Submit("code", m.Code()))
	w.ended("by the link", b.Get(m.Link()).Submit())
	if click := b.Get(m.Link()); !click.HasID("login-submit") {
		t.Errorf("it is used up: %d %.300s", click.Status, click.Body)
	}
}

func formValue(p *testkit.Page, name string) string {
	_, form := p.Form()
	return form.Get(name)
}

// TestASignInByMailAsksForTheSecondFactor: it is a first factor.
func TestASignInByMailAsksForTheSecondFactor(t *testing.T) {
	w, _, _ := secured(t, byMail)
	p, m := w.mailed(w.Browser(), w.email)
	if p = p.Submit("code", m.Code()); !p.HasID("mfa-code") {
		t.Errorf("%d %s", p.Status, p.URL.Path)
	}
}

func TestPW02_SignInByMailSaysTheSame(t *testing.T) {
	w := alone(t, cheap, byMail)
	b := w.Browser()
	ask := func(identifier string) *testkit.Page {
		p := b.Get("/login")
		return b.Get("/login/link?"+url.Values{"flow": {p.URL.Query().Get("flow")}}.Encode()).Submit("identifier", identifier)
	}
	want := ask(w.email)
	for _, other := range []string{"nobody@example.org", "nobody", "@@"} {
		got := ask(other)
		_, form := got.Form()
		_, ours := want.Form()
		plain := strings.NewReplacer(form.Get("flow"), "", form.Get("csrf"), "", url.QueryEscape(form.Get("flow")), "").Replace(got.Body)
		if got.Status != want.Status || plain != strings.NewReplacer(ours.Get("flow"), "", ours.Get("csrf"), "", url.QueryEscape(ours.Get("flow")), "").Replace(want.Body) {
			t.Errorf("%s: %d", other, got.Status)
		}
		w.noCode(other, got.Submit("code", "123456"))
	}
}

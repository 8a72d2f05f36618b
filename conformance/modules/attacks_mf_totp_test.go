package modules

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestMF01_TOTPReplay(t *testing.T) {
	w, app, _ := secured(t)
	half := func() *testkit.Page { return w.Browser().Half(w.email) }
	w.row("mfa.code", func() { w.denied(half().Factor("totp", app.Code(0))) }) // the code that added the app
	code := app.Next()
	w.in(half().Factor("totp", code))
	for _, again := range []string{code, code[:3] + " " + code[3:], " " + code + "\t", app.Code(-1)} {
		w.row("mfa.code", func() { w.denied(half().Factor("totp", again)) })
	}
	w.in(half().Factor("totp", app.Next()[:3]+" "+app.Code(0)[3:]))
	fullWidth := strings.Map(func(r rune) rune { return r - '0' + '０' }, app.Next())
	w.denied(half().Factor("totp", fullWidth))
	w.in(half().Factor("totp", app.Code(0))) // the same code in the digits that count
}

func TestMF01_TOTPReplayAtOnce(t *testing.T) {
	w, phone, _ := secured(t, func(c *app.Config) { c.Login.Second.Free = 10 })
	pages := make([]*testkit.Page, 10) // as many as may be tried in a row
	for i := range pages {
		pages[i] = w.Browser().Half(w.email)
	}
	code := phone.Next()
	if in := atOnce(len(pages), func(i int) *testkit.Page { return pages[i].Factor("totp", code) }); in != 1 {
		t.Errorf("%d of %d at once were signed in with one code", in, len(pages))
	}
}

func TestMF01_TOTPReplayOnTheOtherNode(t *testing.T) {
	w, app, _ := secured(t)
	other := &world{Server: w.Node(t), t: t, person: w.person, email: w.email}
	here, there := w.Browser().Half(w.email), other.Browser().Half(w.email)
	code := app.Next()
	w.in(here.Factor("totp", code))
	other.denied(there.Factor("totp", code))
	other.in(other.Browser().Half(w.email).Factor("totp", app.Next()))
}

func TestMF02_TOTPGuessing(t *testing.T) {
	w, app, _ := secured(t)
	wrong := func() *testkit.Page { return w.Browser().Half(w.email).Factor("totp", otherCode(app.Next())) }
	for range 5 { // each in a flow and a browser of its own
		w.denied(wrong())
	}
	w.row("mfa.allowance", func() { w.locked(w.Browser().Half(w.email).Factor("totp", app.Code(0))) })
	if evs := w.factorEvents("factor.lock"); len(evs) != 1 || evs[0].Severity != "warning" || evs[0].Reason != "totp" {
		t.Errorf("events %+v", evs)
	}
	w.Restart()
	w.locked(w.Browser().Half(w.email).Factor("totp", app.Code(0)))
	w.Clock.Advance(time.Minute)
	w.denied(wrong()) // one try, and twice the wait
	w.Clock.Advance(time.Minute)
	w.locked(w.Browser().Half(w.email).Factor("totp", app.Next()))
	w.Clock.Advance(time.Minute)
	w.in(w.Browser().Half(w.email).Factor("totp", app.Next()))
	for range 4 { // the right one forgot them all
		w.denied(wrong())
	}
	w.in(w.Browser().Half(w.email).Factor("totp", app.Next()))
}

func TestMF02_TOTPGuessingAtOnce(t *testing.T) {
	w, app, _ := secured(t)
	pages := make([]*testkit.Page, 16)
	for i := range pages {
		pages[i] = w.Browser().Half(w.email)
	}
	code := otherCode(app.Next())
	atOnce(len(pages), func(i int) *testkit.Page { return pages[i].Factor("totp", code) })
	failures, err := w.App.DB.FailuresOf(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	if len(failures) != 1 || failures[0].Failures != 5 {
		t.Errorf("judged: %+v", failures)
	}
}

// otherCode is another code.
func otherCode(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+5)%10 }, code)
}

func TestMF03_TOTPWindow(t *testing.T) {
	w, app, _ := secured(t)
	for _, offset := range []int{-2, 2, -1, 1} {
		w.NextStep()
		w.Clock.Advance(5 * time.Minute)
		p := w.Browser().Half(w.email).Factor("totp", app.Code(offset))
		if offset == 1 || offset == -1 {
			w.in(p)
		} else {
			w.denied(p)
		}
	}
}

func TestMF04_EnrolmentGuard(t *testing.T) {
	w, app, b := secured(t)
	// A session of before the factor was added stands on one factor alone.
	_, err := w.App.DB.SQL().ExecContext(t.Context(), "UPDATE sessions SET acr = '1', amr = '[\"pwd\"]'")
	w.must(err)
	w.Restart()
	page := b.Get("/account/security")
	if !page.HasID("security-prove") || page.HasID("factor-add") {
		t.Errorf("a session of one factor may change factors: %.600s", page.Body)
	}
	for _, action := range []string{"add", "codes", "rename", "remove", "ask"} {
		if p := page.Submit("action", action); p.URL.Path != "/login/mfa" {
			t.Errorf("%s: %d on %s", action, p.Status, p.URL.Path)
		}
	}
	if all := w.factors(); len(all) != 1 {
		t.Errorf("factors: %+v", all)
	}
	// The password was proved a moment ago: the second factor is what is missing.
	p := page.Submit("action", "prove").Factor("totp", app.Next())
	if p.URL.Path != "/account/security" || !p.HasID("factor-add") {
		t.Errorf("after both factors: %d on %s", p.Status, p.URL.Path)
	}
	// A proof does not count for long.
	w.Clock.Advance(11 * time.Minute)
	if p := p.Submit("action", "add"); p.URL.Path != "/login" || len(w.factors()) != 1 {
		t.Errorf("an old proof: %d on %s", p.Status, p.URL.Path)
	}
}

func (w *world) factors() []storage.Factor {
	w.t.Helper()
	all, err := w.App.DB.FactorsOf(w.t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	return all
}

func TestMF05_AttackerChosenSecret(t *testing.T) {
	w := alone(t, free)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	const own = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	page := b.Get("/account/security").Submit("action", "add", "secret", own, "key", own)
	key := page.Key()
	w.NextStep()
	p := page.Submit("code", testkit.TOTP(own, w.Clock.Now()), "secret", own, "key", own, "uri", "otpauth://totp/x?secret="+own)
	if p.Status != http.StatusForbidden || strings.ReplaceAll(p.Key(), " ", "") == own || p.Key() != key {
		t.Errorf("a code of a secret of one's own: %d on %s", p.Status, p.URL.Path)
	}
	if p := w.Browser(); guess(p, w.email, testkit.Password).HasID("mfa-code") {
		t.Error("a factor that was not confirmed is asked for")
	}
	// Another person does not see it, nor confirm it.
	email, _ := w.somebody()
	other := w.Browser()
	w.in(guess(other, email, testkit.Password))
	if p := other.Get(page.URL.Path); p.Status != http.StatusNotFound || strings.Contains(p.Body, key) {
		t.Errorf("another person sees the secret: %d", p.Status)
	}
	if done := page.Submit("code", testkit.TOTP(key, w.Clock.Now())); done.URL.Path != "/account/security" {
		t.Fatalf("not added: %d on %s", done.Status, done.URL.Path)
	}
	for _, p := range []*testkit.Page{b.Get(page.URL.Path), b.Get("/account/security")} {
		if strings.Contains(strings.ReplaceAll(p.Body, " ", ""), strings.ReplaceAll(key, " ", "")) {
			t.Errorf("the secret can be read again on %s", p.URL.Path)
		}
	}
	if p := b.Get(page.URL.Path); p.Status != http.StatusNotFound {
		t.Errorf("after it was added: %d", p.Status)
	}
	if strings.Contains(w.Log.String(), strings.ReplaceAll(key, " ", "")) {
		t.Error("the secret is in the log")
	}
}

func TestMF05_SecretThatNobodyConfirms(t *testing.T) {
	w := alone(t, free)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	page := b.Get("/account/security").Submit("action", "add")
	again := b.Get("/account/security").Submit("action", "add")
	if page.Key() == again.Key() || b.Get(page.URL.Path).Status != http.StatusNotFound {
		t.Error("an abandoned secret is still there")
	}
	w.Clock.Advance(16 * time.Minute)
	p := w.Browser()
	w.in(guess(p, w.email, testkit.Password))
	if got := p.Get(again.URL.Path); got.Status != http.StatusNotFound {
		t.Errorf("an old secret: %d", got.Status)
	}
}

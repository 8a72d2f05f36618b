package consent

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func TestAllowHandsOverWhatWasSwitchedOn(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	sealed := b.flow()
	page := b.page(sealed).Body.String()
	for _, want := range []string{"Acme Files", "acme.test", "ann@acme.test", `id="consent-allow"`, `id="consent-deny"`, `value="email" checked`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	st := b.step(b.post(b.form(sealed, "allow", "email")))
	if st.Data["scope"] != "openid email" || st.Data["deny"] != "" || st.Person != b.person.ID || st.Session != b.cur.Session.ID {
		t.Errorf("step %+v", st)
	}
	c, err := w.db.ConsentFor(t.Context(), w.tenant, b.person.ID, w.client.ID)
	must(t, err)
	if !slices.Equal(c.Scopes, []string{"openid", "email"}) || !slices.Equal(c.Declined, []string{"files"}) || c.Binding != w.view.Binding || !c.Resources.Has("https://api.test") {
		t.Errorf("remembered %+v", c)
	}
	if evs := w.events("consent.grant"); len(evs) != 1 || evs[0].Actor != b.person.ID.String() || evs[0].Client != w.client.ClientID {
		t.Errorf("events %+v", evs)
	}
}

func TestDenyRemembersNothing(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	st := b.step(b.post(b.form(b.flow(), "deny", "email", "files")))
	if st.Data["deny"] != "1" || st.Data["scope"] != "" {
		t.Errorf("step %+v", st)
	}
	if _, err := w.db.ConsentFor(t.Context(), w.tenant, b.person.ID, w.client.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("remembered: %v", err)
	}
	if len(w.events("consent.deny")) != 1 || len(w.events("consent.grant")) != 0 {
		t.Error("want one event of denying")
	}
}

// SE03: what a form adds was not displayed, so it is not granted; what it leaves out cannot be refused to the application's face.
func TestSE03GrantedIsDisplayedAndRequested(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	form := b.form(b.flow(), "allow", "email", "admin", "jedan:admin", "openid")
	form.Set("client_id", "another")
	form.Set("resource", "https://other.test")
	form.Set("audience", "https://other.test")
	if st := b.step(b.post(form)); st.Data["scope"] != "openid email" {
		t.Errorf("granted %q", st.Data["scope"])
	}
	c, err := w.db.ConsentFor(t.Context(), w.tenant, b.person.ID, w.client.ID)
	must(t, err)
	if c.Scopes.Has("admin") || c.Resources.Has("https://other.test") {
		t.Errorf("remembered %+v", c)
	}
	if st := b.step(b.post(b.form(b.flow(), "allow"))); st.Data["scope"] != "openid" {
		t.Errorf("a scope without a choice: %q", st.Data["scope"])
	}
}

// SE03: a form counts for the page it came from: this browser, flow, session, client, and everything that was on it.
func TestSE03FormsOfOtherPages(t *testing.T) {
	w := newWorld(t)
	b, other := w.browser("ann@acme.test"), w.browser("eve@acme.test")
	first, second := b.flow(), b.flow()
	shown := w.view
	for name, make := range map[string]func() string{
		"none":              func() string { return "" },
		"made up":           func() string { return strings.Repeat("A", 46) },
		"another browser's": func() string { return other.form(other.flow(), "allow").Get("csrf") },
		"another flow's":    func() string { return b.form(second, "allow").Get("csrf") },
		"another scope": func() string {
			defer func() { w.view = shown }()
			w.view.Scopes = shown.Scopes[:2]
			return b.form(first, "allow").Get("csrf")
		},
		"another resource": func() string {
			defer func() { w.view = shown }()
			w.view.Resources = nil
			return b.form(first, "allow").Get("csrf")
		},
		"another name": func() string {
			defer func() { w.view = shown }()
			w.view.Binding = "Bank\nhttps://acme.test"
			return b.form(first, "allow").Get("csrf")
		},
		"another session": func() string {
			defer b.signIn()
			return b.form(first, "allow").Get("csrf")
		},
	} {
		token := make()
		form := b.form(first, "allow", "email")
		form.Set("csrf", token)
		if rec := b.post(form); rec.Code != http.StatusForbidden || rec.Header().Get("Location") != "" {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	if len(w.events("consent.grant")) != 0 {
		t.Error("something was granted")
	}
	b.step(b.post(b.form(first, "allow", "email")))
}

func TestSE03ForeignOrigin(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	form := b.form(b.flow(), "allow", "email")
	for _, origin := range []string{"", "https://evil.test", "null"} {
		r := b.request(http.MethodPost, "/consent", form)
		r.Header.Del("Origin")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if rec := b.do(r); rec.Code != http.StatusForbidden {
			t.Errorf("origin %q: %d", origin, rec.Code)
		}
	}
}

// A flow that is stale or another browser's shows the way back and makes no step.
func TestStaleAndForeignFlows(t *testing.T) {
	w := newWorld(t)
	b, other := w.browser("ann@acme.test"), w.browser("eve@acme.test")
	mine := b.flow()
	form := b.form(mine, "allow")
	form.Set("flow", other.flow())
	if rec := b.post(form); rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "https://acme.test/start") {
		t.Errorf("foreign: %d %s", rec.Code, rec.Body)
	}
	form.Set("flow", "nonsense")
	if rec := b.post(form); rec.Code != http.StatusBadRequest {
		t.Errorf("forged: %d", rec.Code)
	}
	form.Set("flow", mine)
	w.now = w.now.Add(2 * time.Hour)
	if rec := b.post(form); rec.Code != http.StatusBadRequest || rec.Header().Get("Location") != "" {
		t.Errorf("stale: %d", rec.Code)
	}
	if rec := b.page(mine); rec.Code != http.StatusBadRequest {
		t.Errorf("stale page: %d", rec.Code)
	}
}

func TestAFlowOfOurOwnPagesHasNoConsent(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	fl := w.flows.Begin(w.tenant, w.sessions.Browser(nil, b.request(http.MethodGet, "/", nil)).ID)
	fl.Return = "/account/password"
	sealed, err := w.flows.Seal(fl)
	must(t, err)
	if rec := b.page(sealed); rec.Code != http.StatusBadRequest {
		t.Errorf("%d", rec.Code)
	}
}

func TestWithoutASessionTheDispatcherDecides(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	sealed := b.flow()
	form := b.form(sealed, "allow", "email")
	delete(b.cookies, "jedan-session")
	want := w.flows.ReturnURL(issuer, sealed, "")
	if rec := b.page(sealed); rec.Header().Get("Location") != want {
		t.Errorf("page leads to %s", rec.Header().Get("Location"))
	}
	if rec := b.post(form); rec.Header().Get("Location") != want || strings.Contains(want, "step=") {
		t.Errorf("answer leads to %s", rec.Header().Get("Location"))
	}
	if len(w.events("consent.grant")) != 0 {
		t.Error("granted by nobody")
	}
}

func TestADecisionIsNeeded(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	for _, decision := range []string{"", "yes", "ALLOW"} {
		if rec := b.post(b.form(b.flow(), decision, "email")); rec.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", decision, rec.Code)
		}
	}
}

// SE05: asked again for anything that was not shown before.
// What a person switches off stays off, though an older answer allowed it, and also after a page that did not show it.
// SE05: nobody can assure who answers on loopback or a private-use scheme, so it is never silent.
// WB02, WB03: names of applications and data of people are escaped.
func TestWB03NamesAreEscaped(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	attack := `<script>alert(1)</script>`
	w.view.Name, w.view.Host, w.view.LogoURI = attack, attack, "javascript:alert(1)"
	w.view.Scopes = append(w.view.Scopes, Scope{Name: attack, Title: attack, Detail: attack, Optional: true})
	if page := b.page(b.flow()).Body.String(); strings.Contains(page, "<script>alert") || strings.Contains(page, "javascript:") {
		t.Errorf("not escaped: %s", page)
	}
}

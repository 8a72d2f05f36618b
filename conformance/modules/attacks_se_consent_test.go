package modules

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// asks reports whether a signed-in person is shown the consent screen.
func (w *world) asks(b *testkit.Browser, to string) bool {
	w.t.Helper()
	p := b.Get(to)
	if p.Location == nil && !p.HasID("consent-allow") {
		w.t.Fatalf("neither consent nor client: %s %d", p.URL.Path, p.Status)
	}
	return p.Location == nil
}

func TestSE03_ConsentTampering(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{Scope: "openid profile email phone offline_access files admin"})
	b := w.Browser()
	page := b.Get(w.AuthURL(rp, "scope", "openid email files")).SignIn(w.email, testkit.Password)
	if !page.HasID("consent-allow") || strings.Contains(page.Body, `value="phone"`) {
		t.Fatalf("no consent screen: %s", page.URL.Path)
	}
	_, good := page.Form("decision", "allow")
	send := func(from *testkit.Browser, f url.Values, header ...string) *testkit.Answer {
		return from.Raw("POST", "/consent", f.Encode(), append([]string{"Content-Type", testkit.FormType}, header...)...)
	}
	own := []string{"Origin", w.URL}
	changed := func(name string, values ...string) url.Values {
		f := url.Values{}
		for k, v := range good {
			f[k] = v
		}
		f[name] = values
		return f
	}
	for _, header := range [][]string{nil, {"Origin", "https://evil.test"}, {"Origin", "null"}, {"Origin", w.URL, "Sec-Fetch-Site", "cross-site"}} {
		if a := send(b, good, header...); a.Status != 403 || a.Header.Get("Location") != "" {
			t.Errorf("%v: %d", header, a.Status)
		}
	}

	// Another person, in another browser, with a consent screen of their own.
	otherEmail, _ := w.somebody()
	other := w.Browser()
	_, theirs := other.Get(w.AuthURL(rp, "scope", "openid email phone")).SignIn(otherEmail, testkit.Password).Form("decision", "allow")
	for name, a := range map[string]*testkit.Answer{
		"no token": send(b, changed("csrf"), own...), "made up": send(b, changed("csrf", "AAAA"), own...), "their token": send(b, changed("csrf", theirs.Get("csrf")), own...),
		"their flow": send(b, changed("flow", theirs.Get("flow")), own...), "their form": send(b, theirs, own...), "in their browser": send(other, good, own...),
		"no flow": send(b, changed("flow", ""), own...), "no decision": send(b, changed("decision", ""), own...), "token of another request": send(b, changed("flow", w.again(b, rp)), own...),
	} {
		if a.Status != 403 && a.Status != 400 || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", name, a.Status, a.Header.Get("Location"))
		}
	}
	if n := len(w.grants(rp)); n != 0 {
		t.Fatalf("%d grants", n)
	}
	bold := changed("scope", "email", "phone", "admin", "profile", "offline_access", "jedan:admin")
	bold.Set("client_id", "another")
	bold.Set("resource", "https://other.test/")
	bold.Set("redirect_uri", "https://evil.test/cb")
	a := send(b, bold, own...)
	q := w.response(get(b, a.Header.Get("Location")), rp, "query")
	tokens := w.ok(w.Redeem(rp, q.Get("code")))
	if tokens.Text("scope") != "openid email files" || tokens.Text("refresh_token") != "" {
		t.Errorf("granted %s", tokens.Body)
	}
	if !w.asks(b, w.AuthURL(rp, "scope", "openid phone")) {
		t.Error("what was slipped in is remembered")
	}

	// A step's token counts for its flow, person and session, and says only what it says.
	step := a.Location().Query()
	second := b.Get(w.AuthURL(rp, "scope", "openid phone")).URL.Query().Get("flow")
	for name, query := range map[string]url.Values{
		"another flow": {"flow": {second}, "step": {step.Get("step")}}, "a login step": {"flow": {second}, "step": {"AAAA"}}, "no step": {"flow": {second}},
	} {
		if r := b.Get("/oauth2/authorize?" + query.Encode()); r.Location != nil || !r.HasID("consent-allow") {
			t.Errorf("%s: leads to %s %v", name, r.URL.Path, r.Location)
		}
	}
	if r := get(other, "/oauth2/authorize?"+step.Encode()); strings.Contains(r.Header.Get("Location"), "code=") {
		t.Errorf("another person's step made a code: %s", r.Header.Get("Location"))
	}
	deny := b.Get(w.AuthURL(rp, "scope", "openid phone")).SubmitRaw("decision", "deny")
	if q := w.response(get(b, deny.Header.Get("Location")), rp, "query"); q.Get("error") != "access_denied" {
		t.Errorf("denied: %v", q)
	}
}

// again opens another consent screen in the same browser and returns its flow.
func (w *world) again(b *testkit.Browser, rp *testkit.RP) string {
	w.t.Helper()
	return b.Get(w.AuthURL(rp, "scope", "openid email phone")).URL.Query().Get("flow")
}

func TestSE05_RememberedConsent(t *testing.T) {
	w := alone(t)
	w.Resource("https://api.test/", nil)
	w.Resource("https://new.test/", nil)
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb", "https://app.test/other", "https://elsewhere.test/cb"}, Scope: "openid email phone offline_access", Resources: []string{"https://api.test/", "https://new.test/"}})
	asked := func(changes ...string) string {
		return w.AuthURL(rp, append([]string{"scope", "openid email"}, changes...)...)
	}
	b := w.signedIn(rp, "scope", "openid email", "resource", "https://api.test/")
	for _, silent := range []string{asked(), asked("scope", "openid"), asked("resource", "https://api.test/"), asked("redirect_uri", "https://app.test/other")} {
		if w.asks(b, silent) {
			t.Errorf("asked again for what was allowed: %s", silent)
		}
	}
	for name, to := range map[string]string{
		"a new scope": asked("scope", "openid email phone"), "lasting access": asked("scope", "openid offline_access"), "a new resource": asked("resource", "https://new.test/"),
		"another redirect host": asked("redirect_uri", "https://elsewhere.test/cb"), "new claims": asked("claims", `{"userinfo":{"phone_number":null}}`), "prompt": asked("prompt", "consent"),
	} {
		if !w.asks(b, to) {
			t.Errorf("%s: not asked", name)
		}
	}
	otherEmail, _ := w.somebody()
	theirs := w.Browser()
	if p := theirs.Get(asked()).SignIn(otherEmail, testkit.Password); !p.HasID("consent-allow") {
		t.Error("one person's answer counts for another")
	}
	w.Change(rp, func(m *storage.ClientMetadata) { m.ClientName = "Bank of Elsewhere" })
	if !w.asks(b, asked()) {
		t.Error("another name: not asked")
	}
	b.Get(asked()).Allow()
	if w.asks(b, asked()) {
		t.Error("asked again under the same name")
	}

	for _, m := range []storage.ClientMetadata{
		{RedirectURIs: []string{"http://127.0.0.1/cb"}, ApplicationType: "native"}, {RedirectURIs: []string{"com.example.app:/cb"}, ApplicationType: "native"},
	} {
		native := w.public(m)
		n := w.Browser()
		n.Get(w.AuthURL(native)).SignIn(w.email, testkit.Password).Allow()
		if !w.asks(n, w.AuthURL(native)) {
			t.Errorf("%v: nobody can tell who answers there, and it is silent", m.RedirectURIs)
		}
		if q := w.response(get(n, w.AuthURL(native, "prompt", "none")), native, "query"); q.Get("error") != "consent_required" {
			t.Errorf("prompt=none: %v", q)
		}
	}
	first := w.public(storage.ClientMetadata{FirstParty: true})
	if f := w.Browser(); f.Get(w.AuthURL(first)).SignIn(w.email, testkit.Password).Location == nil {
		t.Error("a first party is asked about")
	}

	w.Clock.Advance(w.App.Config.Consent.RememberFor + time.Hour)
	late := w.Browser()
	if p := late.Get(asked()).SignIn(w.email, testkit.Password); !p.HasID("consent-allow") {
		t.Error("an expired answer still counts")
	}
}

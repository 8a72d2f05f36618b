package modules

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// refusedBy wants a page without a session, refused by the check.
func (w *feWorld) refusedBy(b *testkit.Browser, p *testkit.Page, mark int, check string) {
	w.t.Helper()
	if p.Location != nil || p.Status < 400 {
		w.t.Errorf("%s: not refused: status %d, %v", check, p.Status, p.Location)
	}
	if got := w.Log.Refused(mark); !slices.Contains(got, check) {
		w.t.Errorf("refused by %v, want %s", got, check)
	}
	if home := b.Get("/account"); home.HasID("menu") || !home.HasID("login-submit") {
		w.t.Errorf("%s: somebody is signed in", check)
	}
}

func TestFE_SignIn(t *testing.T) {
	w := newFE(t, nil)
	b := w.Browser()
	first := w.signedIn(b)
	if again := w.signedIn(w.Browser()); again != first {
		t.Errorf("a second sign-in is somebody else: %s, %s", first, again)
	}
	p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example")
	if err != nil || p.Subject != first {
		t.Fatal(p, err)
	}
	claims, err := w.App.Directory.Claims(p)
	if err != nil || !claims.Bool("email_verified") || claims.String("name") != "Nora Neu" || p.Admin {
		t.Error(claims, err)
	}
	page := b.Get("/account/logins")
	if !strings.Contains(page.Body, "Corp corp") || !strings.Contains(page.Body, "new@upstream.example") {
		t.Errorf("the page of linked sign-ins:\n%.2000s", page.Body)
	}
	w.up.set(func(u *upstream) { u.claims = map[string]any{"sub": "sub-2", "email": "other@upstream.example"} })
	if other := w.signedIn(w.Browser()); other == first {
		t.Error("another subject is the same person")
	}
}

// TestFE01_UnverifiedEmail: an address that the upstream has not verified, or says so in any other way than by a JSON truth, is nobody's.
func TestFE01_UnverifiedEmail(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Link = federation.LinkVerified })
	maria := w.Person("maria@example.org")
	for i, verified := range []any{false, "true", nil, 1, "absent"} {
		w.up.set(func(u *upstream) {
			u.claims = map[string]any{"sub": fmt.Sprint("unverified-", i), "email": "maria@example.org", "email_verified": verified}
			u.break_ = func(c map[string]any) {
				if verified == "absent" {
					delete(c, "email_verified")
				}
			}
		})
		if got := w.signedIn(w.Browser()); got == maria.Subject {
			t.Errorf("%v: linked", verified)
		}
	}
	w.up.set(func(u *upstream) {
		u.claims, u.break_ = map[string]any{"sub": "verified", "email": "maria@example.org"}, nil
	})
	if got := w.signedIn(w.Browser()); got != maria.Subject {
		t.Error("a verified address was not linked, though the rule says so")
	}
}

// TestFE01_TrustEmail: without the operator's word the upstream's is worth nothing, nor for domains that are not its own.
func TestFE01_TrustEmail(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) {
		configure(d, "trust_email", false)
		d.Settings.Link = federation.LinkVerified
	})
	other := newUpstream(t, w.Clock.Now)
	w.connect("domains", other, func(d *federation.Draft) {
		configure(d, "email_domains", []string{"Upstream.example"})
		d.Settings.Link = federation.LinkVerified
	})
	maria := w.Person("maria@example.org")
	w.up.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@example.org"} })
	if got := w.signedIn(w.Browser()); got == maria.Subject {
		t.Error("linked without trust")
	}
	other.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@example.org"} })
	b := w.Browser()
	if got := w.subject(w.back(b, "domains", other.visit(w.away(b, "domains")))); got == maria.Subject {
		t.Error("linked by an address of a domain that is not the upstream's")
	}
	nora := w.Person("nora@upstream.example")
	other.set(func(u *upstream) { u.claims = map[string]any{"sub": "nora", "email": "nora@upstream.example"} })
	b = w.Browser()
	if got := w.subject(w.back(b, "domains", other.visit(w.away(b, "domains")))); got != nora.Subject {
		t.Error("not linked by an address of the upstream's domain")
	}
}

// TestFE02_LinkWantsProof: the same address is no proof; the person signs in here once and says yes, in the same browser and after the upstream's word.
func TestFE02_LinkWantsProof(t *testing.T) {
	w := newFE(t, nil)
	maria, eve := w.Person("maria@example.org"), w.Person("eve@example.org")
	w.up.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@example.org"} })
	b := w.Browser()
	asked := w.through(b)
	if asked.Location != nil || !asked.HasID("link-sign-in") {
		t.Fatalf("not asked: %d %v", asked.Status, asked.Location)
	}
	if strings.Contains(asked.Body, "Maria") || w.links(maria)+w.links(eve) != 0 {
		t.Error("linked, or somebody's name is shown, before anybody proved anything")
	}
	ticket := hrefOf(asked.Body, "link-sign-in")
	if p := w.Browser().Get(ticket); p.Status < 400 {
		t.Errorf("another browser goes on with the ticket: %d", p.Status)
	}
	if p := b.Get(ticket).SignIn("eve@example.org", testkit.Password); p.Status != http.StatusForbidden || w.links(eve) != 0 {
		t.Errorf("another account was offered the link: %d", p.Status)
	}
	b = w.Browser()
	ticket = hrefOf(w.through(b).Body, "link-sign-in")
	confirm := b.Get(ticket).SignIn("maria@example.org", testkit.Password)
	if !confirm.HasID("link-yes") || w.links(maria) != 0 {
		t.Fatalf("no question, or linked without an answer: %d\n%.1500s", confirm.Status, confirm.Body)
	}
	if got := w.subject(confirm.Submit("answer", "link")); got != maria.Subject || w.links(maria) != 1 {
		t.Errorf("not linked: %s, %d links", got, w.links(maria))
	}
	if p := b.Get(ticket); p.Status < 400 {
		t.Error("the ticket works twice")
	}
	if got := w.signedIn(w.Browser()); got != maria.Subject {
		t.Error("a sign-in after it is another person")
	}
	w.up.set(func(u *upstream) { u.claims["sub"] = "sub-of-an-attacker" }) // nOAuth: the address was changed upstream
	if p := w.through(w.Browser()); p.Location != nil || !p.HasID("link-sign-in") {
		t.Error("another subject with the address of somebody who is linked was signed in")
	}
}

func (w *feWorld) links(p *storage.Person) int {
	w.t.Helper()
	all, err := w.App.DB.LinksOf(w.t.Context(), w.App.Tenant, p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}

func TestFE02_NoAndDeny(t *testing.T) {
	w := newFE(t, nil)
	maria := w.Person("maria@example.org")
	w.up.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@example.org"} })
	b := w.Browser()
	confirm := b.Get(hrefOf(w.through(b).Body, "link-sign-in")).SignIn("maria@example.org", testkit.Password)
	if got := w.subject(confirm.Submit("answer", "not")); got != maria.Subject || w.links(maria) != 0 {
		t.Errorf("no was not taken as no: %s, %d links", got, w.links(maria))
	}
	strict := newUpstream(t, w.Clock.Now)
	w.connect("strict", strict, func(d *federation.Draft) { d.Settings.Link = federation.LinkDeny })
	strict.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@example.org"} })
	b = w.Browser()
	mark := w.Log.Mark()
	w.refusedBy(b, w.back(b, "strict", strict.visit(w.away(b, "strict"))), mark, "identity.address")
	closed := newUpstream(t, w.Clock.Now)
	w.connect("closed", closed, func(d *federation.Draft) { d.Settings.Create = false })
	b = w.Browser()
	mark = w.Log.Mark()
	w.refusedBy(b, w.back(b, "closed", closed.visit(w.away(b, "closed"))), mark, "identity.create")
}

// TestFE03_IDToken: each is one change away from a token that the same test sees accepted.
func TestFE03_IDToken(t *testing.T) {
	w := newFE(t, nil)
	stranger := newUpstream(t, w.Clock.Now)
	at := func(d time.Duration) int64 { return w.Clock.Now().Add(d).Unix() }
	set := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	drop := func(name string) func(map[string]any) { return func(c map[string]any) { delete(c, name) } }
	for name, c := range map[string]struct {
		check  string
		change func(map[string]any)
		sign   func([]byte) string
	}{
		"iss":             {"oidc_id_token.iss", set("iss", "https://other.example"), nil},
		"iss absent":      {"oidc_id_token.iss", drop("iss"), nil},
		"aud":             {"oidc_id_token.aud", set("aud", "another-client"), nil},
		"aud absent":      {"oidc_id_token.aud", drop("aud"), nil},
		"aud and another": {"oidc_id_token.aud", set("aud", []string{"jedan", "another-client"}), nil},
		"azp":             {"oidc_id_token.azp", set("azp", "another-client"), nil},
		"exp":             {"oidc_id_token.time", set("exp", at(-2*time.Minute)), nil},
		"exp absent":      {"oidc_id_token.time", drop("exp"), nil},
		"iat old":         {"oidc_id_token.time", set("iat", at(-20*time.Minute)), nil},
		"iat ahead":       {"oidc_id_token.time", set("iat", at(5*time.Minute)), nil},
		"iat absent":      {"oidc_id_token.time", drop("iat"), nil},
		"nbf ahead":       {"oidc_id_token.time", set("nbf", at(5*time.Minute)), nil},
		"nonce":           {"oidc_id_token.nonce", set("nonce", "another"), nil},
		"nonce absent":    {"oidc_id_token.nonce", drop("nonce"), nil},
		"sub absent":      {"oidc_id_token.sub", drop("sub"), nil},
		"sub long":        {"oidc_id_token.sub", set("sub", strings.Repeat("x", 256)), nil},
		"at_hash":         {"oidc_id_token.at_hash", set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), nil},
		"key":             {"oidc_id_token.signature", nil, func(p []byte) string { return signed(t, stranger.key, jose.ES256, "k1", p) }},
		"none": {"oidc_id_token.signature", nil, func(p []byte) string {
			return "eyJhbGciOiJub25lIn0." + text64(p) + "."
		}},
		"hmac": {"oidc_id_token.signature", nil, func(p []byte) string {
			return signed(t, []byte(strings.Repeat("upstream-secret", 3)), jose.HS256, "k1", p)
		}},
	} {
		w.up.set(func(u *upstream) { u.break_, u.sign = c.change, c.sign })
		b, mark := w.Browser(), w.Log.Mark()
		t.Run(name, func(t *testing.T) {
			w := &feWorld{Server: w.Server, t: t, up: w.up, rp: w.rp}
			w.refusedBy(b, w.through(b), mark, c.check)
		})
	}
	w.up.set(func(u *upstream) { u.break_, u.sign = nil, nil })
	w.signedIn(w.Browser())
}

// TestFE03_Fresh: prompt=login and max_age go upstream, and its word for them is checked.
func TestFE03_Fresh(t *testing.T) {
	w := newFE(t, nil)
	for _, c := range []struct {
		changes []string
		age     time.Duration
		refused bool
	}{
		{[]string{"prompt", "login"}, 0, false}, {[]string{"prompt", "login"}, time.Hour, true}, {[]string{"max_age", "600"}, 5 * time.Minute, false},
		{[]string{"max_age", "600"}, time.Hour, true}, {nil, time.Hour, false},
	} {
		w.up.set(func(u *upstream) { u.claims = map[string]any{"auth_time": w.Clock.Now().Add(-c.age).Unix()} })
		b, mark := w.Browser(), w.Log.Mark()
		to := w.away(b, "corp", c.changes...)
		if q := to.Query(); len(c.changes) > 0 && c.changes[0] == "prompt" && q.Get("prompt") != "login" || len(c.changes) > 0 && q.Get("max_age") == "" {
			t.Errorf("%v was not asked for: %v", c.changes, q)
		}
		p := w.back(b, "corp", w.up.visit(to))
		if c.refused {
			w.refusedBy(b, p, mark, "oidc_id_token.auth_time")
		} else {
			w.subject(p)
		}
	}
}

// TestFE04_State: an answer belongs to one browser and one departure, and comes once.
func TestFE04_State(t *testing.T) {
	w := newFE(t, nil)
	b, other := w.Browser(), w.Browser()
	other.Get(w.AuthURL(w.rp)) // it has cookies of its own
	q := w.up.visit(w.away(b, "corp"))
	for name, try := range map[string]func() *testkit.Page{
		"another browser": func() *testkit.Page { return w.back(other, "corp", q) },
		"no cookies":      func() *testkit.Page { return w.back(w.Browser(), "corp", q) },
		"no state":        func() *testkit.Page { return w.back(b, "corp", url.Values{"code": q["code"], "iss": q["iss"]}) },
		"made up": func() *testkit.Page {
			return w.back(b, "corp", url.Values{"code": q["code"], "iss": q["iss"], "state": {"made-up"}})
		},
	} {
		if p := try(); p.Status != http.StatusBadRequest || p.Location != nil {
			t.Errorf("%s: %d %v", name, p.Status, p.Location)
		}
	}
	if w.up.visits != 0 {
		t.Error("a code was redeemed")
	}
	w.subject(w.back(b, "corp", q))
	if p := w.back(b, "corp", q); p.Status != http.StatusBadRequest || w.up.visits != 1 {
		t.Errorf("the answer came twice: %d, %d visits", p.Status, w.up.visits)
	}
	late := w.up.visit(w.away(b, "corp", "prompt", "login"))
	w.Clock.Advance(16 * time.Minute)
	if p := w.back(b, "corp", late); p.Status != http.StatusBadRequest {
		t.Errorf("an answer after the trip's end: %d", p.Status)
	}
}

// TestFE05_MixUp: an answer counts at the upstream that the browser was sent to alone.
func TestFE05_MixUp(t *testing.T) {
	w := newFE(t, nil)
	evil := newUpstream(t, w.Clock.Now)
	w.connect("evil", evil, nil)
	for check, try := range map[string]func(b *testkit.Browser, q url.Values) *testkit.Page{
		"callback.connector": func(b *testkit.Browser, q url.Values) *testkit.Page { return w.back(b, "evil", q) },
		"oidc_callback.issuer": func(b *testkit.Browser, q url.Values) *testkit.Page {
			q.Set("iss", evil.url())
			return w.back(b, "corp", q)
		},
	} {
		b, mark := w.Browser(), w.Log.Mark()
		w.refusedBy(b, try(b, w.up.visit(w.away(b, "corp"))), mark, check)
	}
	b, mark := w.Browser(), w.Log.Mark()
	q := w.up.visit(w.away(b, "corp"))
	q.Del("iss")
	w.refusedBy(b, w.back(b, "corp", q), mark, "oidc_callback.issuer")
	if evil.visits+w.up.visits != 0 {
		t.Error("a code went to a token endpoint")
	}
}

// TestFE06_Once: of many answers at the same moment one makes a session.
func TestFE06_Once(t *testing.T) {
	w := newFE(t, nil)
	b := w.Browser()
	q := w.up.visit(w.away(b, "corp"))
	var mu sync.Mutex
	var wg sync.WaitGroup
	passed := 0
	for range 8 {
		wg.Go(func() {
			p := w.back(b, "corp", q)
			mu.Lock()
			defer mu.Unlock()
			if p.Location != nil || p.HasID("consent-allow") {
				passed++
			}
		})
	}
	wg.Wait()
	if passed != 1 || w.up.visits != 1 {
		t.Errorf("%d of 8 passed, %d codes redeemed", passed, w.up.visits)
	}
}

// TestFE08_UserinfoSubject: UserInfo is about the subject of the ID token, or about nobody.
func TestFE08_UserinfoSubject(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { configure(d, "userinfo", true) })
	for _, sub := range []any{"sub-of-somebody", "", nil, 1} {
		w.up.set(func(u *upstream) { u.user = map[string]any{"sub": sub} })
		b, mark := w.Browser(), w.Log.Mark()
		w.refusedBy(b, w.through(b), mark, "oidc_userinfo.sub")
	}
	w.up.set(func(u *upstream) {
		u.user = map[string]any{"email": "unsigned@upstream.example", "email_verified": true}
	})
	w.signedIn(w.Browser())
	p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example")
	if err != nil {
		t.Fatal("what was signed did not go first:", err)
	}
	if claims, err := w.App.Directory.Claims(p); err != nil || claims.String("nickname") != "nono" {
		t.Error(claims, err)
	}
}

// TestFE10_Roles: what an upstream calls somebody gives them nothing here.
func TestFE10_Roles(t *testing.T) {
	w := newFE(t, nil)
	if _, err := w.App.Groups.Create(t.Context(), "admin", "", operator()); err != nil {
		t.Fatal(err)
	}
	w.up.set(func(u *upstream) {
		u.claims = map[string]any{"groups": []string{"admin"}, "roles": []string{"admin"}, "is_admin": true, "admin": true, "username": "root", "preferred_username": "admin"}
	})
	w.signedIn(w.Browser())
	p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example")
	if err != nil || p.Admin {
		t.Fatal(p, err)
	}
	if names, err := w.App.Groups.NamesOf(t.Context(), p.ID); err != nil || len(names) != 0 {
		t.Error(names, err)
	}
	for _, taken := range []string{"root", "admin"} {
		if _, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, taken); err == nil {
			t.Errorf("the name %s was taken over", taken)
		}
	}
}

// TestFE11_Ownership: a link is its person's to remove, and the last way to sign in stays.
func TestFE11_Ownership(t *testing.T) {
	w := newFE(t, nil)
	nora := w.Browser()
	w.signedIn(nora)
	p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example")
	if err != nil {
		t.Fatal(err)
	}
	links, err := w.App.DB.LinksOf(t.Context(), w.App.Tenant, p.ID)
	if err != nil || len(links) != 1 {
		t.Fatal(links, err)
	}
	second := newUpstream(t, w.Clock.Now)
	w.connect("second", second, nil)
	second.set(func(u *upstream) { u.claims = map[string]any{"sub": "eve", "email": "eve@upstream.example"} })
	eve := w.Browser()
	w.subject(w.back(eve, "second", second.visit(w.away(eve, "second"))))
	if got := eve.Get("/account/logins").Submit("unlink", links[0].ID.String()); got.Status != http.StatusNotFound || w.links(p) != 1 {
		t.Errorf("somebody else's link was removed: %d", got.Status)
	}
	if got := nora.Get("/account/logins").Submit("unlink", links[0].ID.String()); got.Status != http.StatusForbidden || w.links(p) != 1 {
		t.Errorf("the only way to sign in was removed: %d", got.Status)
	}
}

// TestFE12_Away: an upstream that is down, slow to make sense or lies about itself costs its own people only.
func TestFE12_Away(t *testing.T) {
	w := newFE(t, nil)
	w.Person("maria@example.org")
	for name, answer := range map[string]func(http.ResponseWriter) bool{
		"500":  func(h http.ResponseWriter) bool { h.WriteHeader(http.StatusInternalServerError); return true },
		"html": func(h http.ResponseWriter) bool { _, _ = h.Write([]byte("<html>")); return true },
		"100 MB": func(h http.ResponseWriter) bool {
			for range 100 {
				if _, err := h.Write(make([]byte, 1<<20)); err != nil {
					return true
				}
			}
			return true
		},
	} {
		w.up.set(func(u *upstream) { u.answer = answer })
		b := w.Browser()
		if p := w.through(b); p.Status != http.StatusServiceUnavailable || !p.HasID("error-id") {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	liar := newUpstream(t, w.Clock.Now)
	liar.set(func(u *upstream) { u.meta["issuer"] = "https://other.example" })
	w.connect("liar", liar, nil)
	b := w.Browser()
	page := b.Get(w.AuthURL(w.rp))
	if p := b.Get("/" + strings.TrimPrefix(hrefOf(page.Body, "login-connector-liar"), "/")); p.Status != http.StatusServiceUnavailable || p.Location != nil {
		t.Errorf("a document that names another issuer: %d %v", p.Status, p.Location)
	}
	w.up.http.Close()
	w.Browser().Authorize(w.AuthURL(w.rp), "maria@example.org")
}

// TestFE13_Forwarding: of what an application asks only what is listed goes upstream.
func TestFE13_Forwarding(t *testing.T) {
	w := newFE(t, nil)
	hinting := newUpstream(t, w.Clock.Now)
	w.connect("hinting", hinting, func(d *federation.Draft) { d.Settings.Hint = true })
	for name, hint := range map[string]string{"corp": "", "hinting": "maria@example.org"} {
		q := w.away(w.Browser(), name, "login_hint", "maria@example.org", "hd", "evil.example", "domain_hint", "evil", "acr_values", "2", "ui_locales", "de").Query()
		if q.Get("login_hint") != hint || q.Has("hd") || q.Has("domain_hint") || q.Get("acr_values") != "2" || q.Get("ui_locales") != "de" {
			t.Errorf("%s: %v", name, q)
		}
		if q.Get("code_challenge_method") != "S256" || len(q.Get("nonce")) < 40 || len(q.Get("state")) != 43 || q.Get("redirect_uri") != w.URL+"/federation/"+name+"/callback" {
			t.Errorf("%s: %v", name, q)
		}
	}
}

// TestFE14_StartIsOurs: no link of somebody else's sends a browser to an upstream.
func TestFE14_StartIsOurs(t *testing.T) {
	w := newFE(t, nil)
	mallory, maria := w.Browser(), w.Browser()
	href := "/" + strings.TrimPrefix(hrefOf(mallory.Get(w.AuthURL(w.rp)).Body, "login-connector-corp"), "/")
	maria.Get(w.AuthURL(w.rp))
	for name, to := range map[string]string{"another browser's": href, "none": "/federation/corp/start", "made up": "/federation/corp/start?flow=AAAA"} {
		if p := maria.Get(to); p.Location != nil || p.Status < 400 {
			t.Errorf("a flow that is %s: %d %v", name, p.Status, p.Location)
		}
	}
	if p := maria.Get("/federation/corp/start?link=1"); p.Location != nil {
		t.Error("a stranger was sent away to link")
	}
	if p := mallory.Get(strings.Replace(href, "corp", "nobody", 1)); p.Status != http.StatusNotFound {
		t.Errorf("an unknown connector: %d", p.Status)
	}
}

// TestFE_FormPost: an answer that another site's form brings counts once our own page has sent it again.
func TestFE_FormPost(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { configure(d, "form_post", true) })
	b := w.Browser()
	to := w.away(b, "corp")
	if to.Query().Get("response_mode") != "form_post" {
		t.Fatal(to)
	}
	q := w.up.visit(to)
	stranger := w.Browser()
	relay := stranger.PostFrom(w.up.url(), "/federation/corp/callback", q)
	if relay.Status != http.StatusOK || !relay.HasID("form-post") || w.up.visits != 0 {
		t.Fatalf("%d\n%.800s", relay.Status, relay.Body)
	}
	if csp := relay.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action "+w.URL+"/federation/corp/resume 'self' https://app.test") {
		t.Errorf("policy: %s", csp)
	}
	if p := relay.Submit(); p.Status != http.StatusBadRequest {
		t.Errorf("a browser without cookies went on: %d", p.Status)
	}
	if p := b.PostFrom(w.up.url(), "/federation/corp/resume", q); p.Status != http.StatusForbidden {
		t.Errorf("another site's form went straight on: %d", p.Status)
	}
	w.subject(b.PostFrom(w.up.url(), "/federation/corp/callback", q).Submit())
}

// TestFE_Own: a person links and unlinks on their own pages; a link that is forced on them does nothing without their word.
func TestFE_Own(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Create = false })
	maria := w.Person("maria@example.org")
	b := w.Browser()
	b.Authorize(w.AuthURL(w.rp), "maria@example.org")
	link := hrefOf(b.Get("/account/logins").Body, "link-corp")
	gone := b.Get(link)
	confirm := w.back(b, "corp", w.up.visit(gone.Location))
	if !confirm.HasID("link-yes") || w.links(maria) != 0 {
		t.Fatalf("linked without a word: %d\n%.1200s", confirm.Status, confirm.Body)
	}
	if p := confirm.Submit("answer", "link"); !p.HasID("logins-done") || w.links(maria) != 1 {
		t.Fatalf("not linked: %d", p.Status)
	}
	if got := w.signedIn(w.Browser()); got != maria.Subject {
		t.Error("signed in as somebody else")
	}
	w.Person("eve@example.org") // whom the same upstream account cannot be linked with, too
	eve := w.Browser()
	eve.Authorize(w.AuthURL(w.rp), "eve@example.org")
	taken := w.back(eve, "corp", w.up.visit(eve.Get(link).Location)).Submit("answer", "link")
	if taken.HasID("logins-done") || w.links(maria) != 1 {
		t.Errorf("an account there was linked twice: %d", taken.Status)
	}
	links, err := w.App.DB.LinksOf(t.Context(), w.App.Tenant, maria.ID)
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Get("/account/logins").Submit("unlink", links[0].ID.String()); !p.HasID("logins-done") || w.links(maria) != 0 {
		t.Errorf("not unlinked: %d", p.Status)
	}
	w.Clock.Advance(11 * time.Minute)
	if p := b.Get(link); p.Location != nil || !p.HasID("login-password") {
		t.Errorf("a sign-in of long ago is enough to link: %d %v", p.Status, p.Location)
	}
}

// TestFE_Secrets: a stored secret is shown to nobody, and never goes to another host.
func TestFE_Secrets(t *testing.T) {
	w := newFE(t, nil)
	row, err := w.App.Connectors.ByName(t.Context(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.App.Connectors.Draft(row)
	raw, _ := json.Marshal(d)
	if err != nil || strings.Contains(string(raw)+row.Settings, "upstream-secret") {
		t.Errorf("the secret is shown: %s %v", raw, err)
	}
	_, err = w.App.Connectors.Update(t.Context(), "corp", func(d *federation.Draft) error { configure(d, "issuer", "https://evil.example"); return nil }, operator())
	if err == nil {
		t.Error("the secret went to another host")
	}
	if _, err = w.App.Connectors.Update(t.Context(), "corp", func(d *federation.Draft) error { d.Title = "Corp"; return nil }, operator()); err != nil {
		t.Fatal(err)
	}
	w.signedIn(w.Browser())
}

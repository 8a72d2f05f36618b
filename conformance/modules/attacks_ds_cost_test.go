package modules

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// DS09: fifty kilobytes where a few bytes belong are refused by their length, and what is allocated grows with them no faster than they do.
func TestDS09_LongInputs(t *testing.T) {
	w := alone(t, cheap, free)
	rp := w.Client(storage.ClientMetadata{})
	authorize := func(name, value string) *testkit.Answer {
		_, query, _ := strings.Cut(w.AuthURL(rp), "?")
		q, err := url.ParseQuery(query)
		w.must(err)
		q.Set(name, value)
		return w.Raw(http.MethodPost, "/oauth2/authorize", q.Encode(), "Content-Type", testkit.FormType)
	}
	page := w.Browser().Get("/login")
	form := func(path string) func(name, value string) *testkit.Answer {
		return func(name, value string) *testkit.Answer {
			return w.Raw(http.MethodPost, path, url.Values{name: {value}, "grant_type": {"authorization_code"}}.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL)
		}
	}
	nested := func(n int) string { return strings.Repeat(`{"a":`, n/6) + "1" + strings.Repeat("}", n/6) }
	local := func(n int) string { return strings.Repeat("a.", n/2) + "a@example.org" }
	for name, c := range map[string]struct {
		long func(n int) string
		send func(value string) *testkit.Answer
	}{
		"e-mail address":  {local, func(v string) *testkit.Answer { return page.SubmitRaw("identifier", v, "password", "guess number one") }},
		"mail domain":     {func(n int) string { return "a@" + strings.Repeat("a-.", n/3) + "test" }, func(v string) *testkit.Answer { return page.SubmitRaw("identifier", v, "password", "x") }},
		"combining marks": {func(n int) string { return strings.Repeat("\u0315\u0300", n/12) }, func(v string) *testkit.Answer { return page.SubmitRaw("identifier", v, "password", v) }},
		"redirect_uri":    {func(n int) string { return "https://" + strings.Repeat("a.", n/2) + "test/" }, func(v string) *testkit.Answer { return authorize("redirect_uri", v) }},
		"scope":           {func(n int) string { return strings.Repeat("a ", n/2) }, func(v string) *testkit.Answer { return authorize("scope", v) }},
		"ui_locales":      {func(n int) string { return strings.Repeat("de-AT ", n/6) }, func(v string) *testkit.Answer { return authorize("ui_locales", v) }},
		"claims":          {nested, func(v string) *testkit.Answer { return authorize("claims", v) }},
		"acr_values":      {func(n int) string { return strings.Repeat("1 ", n/2) }, func(v string) *testkit.Answer { return authorize("acr_values", v) }},
		"state":           {func(n int) string { return strings.Repeat("s", n) }, func(v string) *testkit.Answer { return authorize("state", v) }},
		"id_token_hint":   {func(n int) string { return strings.Repeat("a.", n/2) }, func(v string) *testkit.Answer { return authorize("id_token_hint", v) }},
		"login_hint":      {local, func(v string) *testkit.Answer { return authorize("login_hint", v) }},
		"code":            {func(n int) string { return "jdc_" + strings.Repeat("A", n) }, func(v string) *testkit.Answer { return form("/oauth2/token")("code", v) }},
		"assertion":       {func(n int) string { return strings.Repeat("A.", n/2) }, func(v string) *testkit.Answer { return form("/oauth2/token")("client_assertion", v) }},
		"token":           {func(n int) string { return "eyJ" + strings.Repeat("A", n) + ".A.A" }, func(v string) *testkit.Answer { return form("/oauth2/revoke")("token", v) }},
		"flow":            {func(n int) string { return strings.Repeat("A", n) }, func(v string) *testkit.Answer { return form("/login")("flow", v) }},
		"set-up token":    {func(n int) string { return strings.Repeat("A", n) }, func(v string) *testkit.Answer { return form("/setup")("token", v) }},
	} {
		var short, long uint64
		var a *testkit.Answer
		n := w.hashed(func() {
			c.send(c.long(12_000)) // what is made once is made now
			short = allocated(func() { c.send(c.long(12_000)) })
			long = allocated(func() { a = c.send(c.long(48_000)) })
		})
		if a.Status < 400 || a.Status > 499 || n != 0 {
			if !(a.Status == http.StatusSeeOther && a.Location().Query().Get("error") != "") { // a refusal that the app hears
				t.Errorf("%s of 48 KB: %d with %d hashes, %.200s", name, a.Status, n, a.Header.Get("Location"))
			}
		}
		if long > 8*short+1<<20 {
			t.Errorf("%s: %d bytes for 12 KB, %d for 48 KB", name, short, long)
		}
	}
	for name, header := range map[string]string{"User-Agent": strings.Repeat("Mozilla/5.0 (", 2000), "Accept-Language": strings.Repeat("de-AT;q=0.9,", 2000), "Accept": strings.Repeat("text/html,", 2000), "Authorization": "Basic " + strings.Repeat("QUJD", 5000), "Origin": "https://" + strings.Repeat("a.", 10_000) + "test"} {
		var a *testkit.Answer
		if bytes := allocated(func() { a = w.Get("/login", name, header) }); a.Status >= 500 || bytes > 2<<20 {
			t.Errorf("%s of %d bytes: %d, %d bytes allocated", name, len(header), a.Status, bytes)
		}
	}
	w.longNames(local(50_000))
	w.in(guess(w.Browser(), w.email, testkit.Password))
}

// longNames wants registration of people and clients to refuse what is long, without much work.
func (w *world) longNames(email string) {
	w.t.Helper()
	ctx := context.Background()
	for name, claims := range map[string]directory.Claims{
		"email": {"email": email}, "username": {"username": strings.Repeat("a", 50_000)}, "name": {"email": "a@b.test", "name": strings.Repeat("a ", 25_000)}, "phone_number": {"email": "a@b.test", "phone_number": "+" + strings.Repeat("1", 50_000)},
		"locale": {"email": "a@b.test", "locale": strings.Repeat("de-", 16_000)}, "zoneinfo": {"email": "a@b.test", "zoneinfo": strings.Repeat("a/", 25_000)}, "picture": {"email": "a@b.test", "picture": "https://" + strings.Repeat("a.", 25_000)},
		"birthdate": {"email": "a@b.test", "birthdate": strings.Repeat("1", 50_000)},
	} {
		var err error
		bytes := allocated(func() {
			_, err = w.App.Directory.Create(ctx, w.App.Tenant, directory.NewPerson{Claims: claims}, testkit.Operator())
		})
		if !errs.Is(err, errs.Invalid) || bytes > 2<<20 {
			w.t.Errorf("a person's %s: %v, %d bytes allocated", name, err, bytes)
		}
	}
	uri := "https://" + strings.Repeat("a.", 25_000) + "test/"
	for name, m := range map[string]storage.ClientMetadata{
		"redirect_uris": {RedirectURIs: []string{uri}}, "client_name": {RedirectURIs: []string{"https://app.test/cb"}, ClientName: strings.Repeat("a", 50_000)}, "scope": {RedirectURIs: []string{"https://app.test/cb"}, Scope: strings.Repeat("a ", 25_000)},
		"policy_uri": {RedirectURIs: []string{"https://app.test/cb"}, PolicyURI: uri},
	} {
		var err error
		bytes := allocated(func() { _, err = w.App.Registrar.Create(ctx, m, register.Options{Actor: registrarActor()}) })
		if !errs.Is(err, errs.Invalid) || bytes > 4<<20 {
			w.t.Errorf("a client's %s: %v, %d bytes allocated", name, err, bytes)
		}
	}
}

// DS10: a thousand readers at once, while keys rotate, get one of the two documents there are, each with its own tag; reading builds nothing.
func TestDS10_Stampede(t *testing.T) {
	w := alone(t, cheap)
	first, tag, _ := w.App.Keys.JWKS()
	var mu sync.Mutex
	bodies := map[string]map[string]bool{} // by path and tag
	read := func(path string) {
		a := w.Get(path)
		mu.Lock()
		defer mu.Unlock()
		key := path + " " + a.Header.Get("Etag")
		if bodies[key] == nil {
			bodies[key] = map[string]bool{}
		}
		bodies[key][a.Body] = true
		if a.Status != http.StatusOK || a.Header.Get("Etag") == "" || !strings.Contains(a.Header.Get("Cache-Control"), "max-age") {
			t.Errorf("%s: %d %v", path, a.Status, a.Header)
		}
	}
	paths := []string{"/.well-known/openid-configuration", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"}
	several(1000, 50, func(i int) { read(paths[i%3]) })
	if len(bodies) != 3 {
		t.Errorf("%d documents where three are", len(bodies))
	}
	if again, _, _ := w.App.Keys.JWKS(); &again[0] != &first[0] {
		t.Error("the key set was built again to be read")
	}
	var rotated sync.WaitGroup
	rotated.Go(func() {
		if err := w.App.Keys.Rotate(context.Background(), "ES256", "test"); err != nil {
			t.Error(err)
		}
	})
	several(1000, 50, func(int) { read("/.well-known/jwks.json") })
	rotated.Wait()
	read("/.well-known/jwks.json")
	if len(bodies) != 4 {
		t.Errorf("%d documents where four were in all", len(bodies))
	}
	for key, variants := range bodies {
		if len(variants) != 1 {
			t.Errorf("%s: %d different bodies under one tag", key, len(variants))
		}
	}
	bytes := allocated(func() {
		for range 200 {
			if a := w.Get("/.well-known/jwks.json", "If-None-Match", tag); a.Status != http.StatusOK { // it has changed
				t.Errorf("an old tag: %d", a.Status)
			}
		}
	})
	_, tag, _ = w.App.Keys.JWKS()
	unchanged := allocated(func() {
		for range 200 {
			if a := w.Get("/.well-known/jwks.json", "If-None-Match", tag); a.Status != http.StatusNotModified || a.Body != "" {
				t.Errorf("the tag: %d", a.Status)
			}
		}
	})
	if unchanged > bytes+1<<20 { // background work allocates too
		t.Errorf("an unchanged document costs %d bytes, a changed one %d", unchanged, bytes)
	}
}

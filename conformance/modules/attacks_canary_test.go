package modules

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// exchange is one request and its answer.
type exchange struct {
	to     *url.URL
	status int
	header http.Header
	body   string
}

// tape records every exchange.
type tape struct {
	mu   sync.Mutex
	all  []exchange
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", "203.0.113.77")
	r.Header.Set("User-Agent", "CanaryAgent/77")
	resp, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, exchange{to: r.URL, status: resp.StatusCode, header: resp.Header, body: string(body)})
	return resp, err
}

// canaries are values that are recognised wherever they turn up, by what they are.
type canaries struct{ secrets, personal map[string]string }

func personal() map[string]string {
	return map[string]string{
		"e-mail address": "canary.mail.7f3a@canary-host.example", "name": "Canaria Nameworth", "phone number": "+385917654321", "user name": "canaryuser77", "street": "Canary Street 77",
		"birthday": "1977-07-17", "address": "203.0.113.77", "user agent": "CanaryAgent/77", "administrator's address": "canary.root.7f3a@canary-host.example", "administrator's name": "Canaria Rootworth",
	}
}

// forms is a value as it is, and as files, logs, URLs and databases may write it.
func forms(v string) []string {
	out := []string{
		v, strings.ToLower(v), strings.ToUpper(v), url.QueryEscape(v), url.PathEscape(v), html.EscapeString(v), hex.EncodeToString([]byte(v)),
		base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)),
	}
	if quoted, err := json.Marshal(v); err == nil {
		out = append(out, strings.Trim(string(quoted), `"`))
	}
	if _, rest, found := strings.Cut(v, "_"); found { // our own tokens: what proves them is their last 32 bytes
		if raw, err := base64.RawURLEncoding.DecodeString(rest); err == nil && len(raw) >= 32 {
			out = append(out, string(raw[len(raw)-32:]))
		}
	}
	return out
}

// absent wants none of the values anywhere in a text.
func absent(t *testing.T, where, text string, values map[string]string) {
	t.Helper()
	for what, v := range values {
		for i, form := range forms(v) {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%s: the %s (form %d) in %.200q", where, what, i, text[max(0, at-80):min(len(text), at+len(form)+40)])
				break
			}
		}
	}
}

// present wants a value, so that a search that finds nothing means something.
func present(t *testing.T, where, text, value string) {
	t.Helper()
	if !strings.Contains(text, value) {
		t.Errorf("%s: %.20q is not there: the search is blind", where, value)
	}
}

// PW25: after everything that a server does, and everything that goes wrong, secrets and personal data are nowhere but where they belong.
func TestPW25_Canaries(t *testing.T) {
	w := alone(t, cheap, free, proxied, func(c *app.Config) { c.Access = true })
	stray := &testkit.Log{} // what bypasses the server's log
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(stray, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	rec := &tape{next: w.HTTP.Transport}
	w.HTTP.Transport = rec
	c := &canaries{secrets: map[string]string{}, personal: personal()}
	rp := w.canaryLife(rec, c)
	w.canaryTrouble(rec, c, rp)

	plain, err := (&http.Client{Transport: rec.next}).Get(w.URL + "/metrics")
	w.must(err)
	scraped, err := io.ReadAll(plain.Body)
	w.must(errors.Join(err, plain.Body.Close()))
	everything := merged(c.secrets, c.personal)
	present(t, "metrics", string(scraped), "failed_logins_total")
	absent(t, "metrics", string(scraped), everything)
	present(t, "log", w.Log.String(), "request refused")
	present(t, "log", w.Log.String(), "request failed")
	absent(t, "log", w.Log.String(), everything)
	if stray.Mark() != 0 {
		t.Errorf("something bypasses the server's log: %.300s", stray.String())
	}
	w.canaryAnswers(rec, c, rp)
	w.canaryAudit(c, rp)
	w.canaryDatabase(everything, rp)
}

func merged(ms ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range ms {
		maps.Copy(out, m)
	}
	return out
}

// taped is a browser on the tape.
func (w *world) taped(rec *tape) *testkit.Browser {
	b := w.Browser()
	b.HTTP.Transport = rec
	return b
}

// cookies adds a browser's cookies to the secrets.
func (w *world) cookies(c *canaries, b *testkit.Browser, whose string) {
	for _, cookie := range b.Jar.Cookies(w.issuer()) {
		c.secrets[whose+" cookie "+cookie.Name] = cookie.Value
	}
}

// canaryLife does everything that goes well.
func (w *world) canaryLife(rec *tape, c *canaries) *testkit.RP {
	w.t.Helper()
	s, p := c.secrets, c.personal
	s["administrator's password"], s["password"], s["next password"], s["chosen secret"] = "canary root Pq9x password", "canary Pq9x password right", "canary Pq9x password next", "canary-chosen-secret-Pq9x-0123456789abcd"
	s["verifier"] = testkit.Verifier
	root := w.taped(rec)
	link := w.setupLink()
	_, s["set-up token"], _ = strings.Cut(link, "token=")
	if a := root.Get(link).Submit("email", p["administrator's address"], "name", p["administrator's name"], "password", s["administrator's password"]); a.Status != http.StatusOK {
		w.t.Fatalf("set-up: %d", a.Status)
	}
	w.cookies(c, root, "administrator's")
	hash, err := w.App.Hasher.Hash(context.Background(), s["password"])
	w.must(err)
	claims := directory.Claims{
		"email": p["e-mail address"], "name": p["name"], "phone_number": p["phone number"], "username": p["user name"], "birthdate": p["birthday"], "address": map[string]any{"street_address": p["street"]},
	}
	_, err = w.App.Directory.Create(context.Background(), w.App.Tenant, directory.NewPerson{Claims: claims, PasswordHash: hash}, testkit.Operator())
	w.must(err)
	rp := w.Client(storage.ClientMetadata{AuditTokens: true, PostLogoutRedirectURIs: []string{"https://app.test/out"}})
	s["client secret"] = rp.Secret
	b := w.taped(rec)
	scope := []string{"scope", "openid profile email phone address offline_access", "login_hint", p["e-mail address"]}
	consent := b.Get(w.AuthURL(rp, scope...)).Submit("identifier", p["e-mail address"], "password", s["password"])
	_, form := consent.Form()
	s["form token"], s["code"] = form.Get("csrf"), consent.Allow().Params().Get("code")
	tokens := w.ok(w.Redeem(rp, s["code"]))
	s["refresh token"], s["access token"], s["ID token"] = tokens.Text("refresh_token"), tokens.Text("access_token"), tokens.Text("id_token")
	s["access token of a refresh"] = w.ok(w.Refresh(rp, s["refresh token"])).Text("access_token")
	spa := w.public(storage.ClientMetadata{RedirectURIs: []string{"https://spa.test/cb"}})
	s["code of a public client"] = b.Get(w.AuthURL(spa, scope...)).Allow().Params().Get("code")
	first := w.ok(w.Redeem(spa, s["code of a public client"]))
	s["rotated refresh token"], s["successor"] = first.Text("refresh_token"), w.ok(w.Refresh(spa, first.Text("refresh_token"))).Text("refresh_token")
	machine := w.Client(storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, Scope: "files", AccessTokenFormat: "opaque"}, chosenSecret(s["chosen secret"]))
	machine.Secret = s["chosen secret"]
	s["opaque token"] = w.ok(w.Call("/oauth2/token", machine, url.Values{"grant_type": {"client_credentials"}})).Text("access_token")
	w.ok(w.Introspect(machine, s["opaque token"]))
	w.ok(w.Introspect(rp, s["access token"]))
	info := w.ok(w.Userinfo(s["access token"]))
	for _, what := range []string{"e-mail address", "name", "phone number", "street"} {
		present(w.t, "UserInfo", info.Body, p[what])
	}
	w.ok(w.Call("/oauth2/revoke", machine, url.Values{"token": {s["opaque token"]}}))
	if page := change(b, s["password"], s["next password"]); page.Status != http.StatusOK {
		w.t.Fatalf("change: %d", page.Status)
	}
	w.cookies(c, b, "person's")
	w.taped(rec).Get("/oauth2/logout?" + url.Values{"id_token_hint": {s["ID token"]}, "post_logout_redirect_uri": {"https://app.test/out"}, "state": {"out"}}.Encode())
	for what, v := range s {
		if len(v) < 16 {
			w.t.Fatalf("no %s: %q", what, v)
		}
	}
	return rp
}

// canaryTrouble does everything that goes wrong.
func (w *world) canaryTrouble(rec *tape, c *canaries, rp *testkit.RP) {
	w.t.Helper()
	s, p := c.secrets, c.personal
	s["wrong password"], s["wrong secret"], s["made-up token"], s["made-up refresh token"] = "canary Pq9x password wrong", "canary-wrong-secret-Pq9x-0123456789", "jda_canaryPq9xcanaryPq9xcanaryPq9x", "jdr_canaryPq9xcanaryPq9xcanaryPq9x"
	trouble := func() {
		for _, identifier := range []string{p["e-mail address"], p["user name"], "canary.nobody@canary-host.example"} {
			b := w.taped(rec)
			if page := b.Get("/login"); page.HasID("login-password") {
				page.SubmitRaw("identifier", identifier, "password", s["wrong password"])
				page.SubmitRaw("identifier", identifier, "password", s["password"])
				page.SubmitRaw("identifier", identifier, "password", s["password"], "csrf", "wrong")
			}
		}
		b := w.taped(rec)
		if page := b.Get("/login"); page.HasID("login-password") {
			if a := page.Submit("identifier", p["user name"], "password", s["next password"]); a.Status == http.StatusOK {
				change := b.Get("/account/password")
				if change.HasID("password-new") {
					change.SubmitRaw("current_password", s["wrong password"], "new_password", s["password"])
					change.SubmitRaw("current_password", s["next password"], "new_password", "short")
				}
			}
		}
		w.Redeem(rp, s["code"])
		w.Redeem(rp, s["code"], "code_verifier", strings.Repeat("x", 43))
		w.Redeem(&testkit.RP{ID: rp.ID, Secret: s["wrong secret"], Redirect: rp.Redirect}, s["code"])
		w.Refresh(rp, s["rotated refresh token"])
		w.Refresh(rp, s["made-up refresh token"])
		w.Introspect(rp, s["made-up token"])
		w.Userinfo(s["made-up token"])
		w.Userinfo(s["access token"])
		w.Call("/oauth2/revoke", rp, url.Values{"token": {s["successor"]}})
		w.Get("/oauth2/userinfo?access_token=" + url.QueryEscape(s["access token"]))
		w.Get("/oauth2/token?" + url.Values{"client_secret": {s["client secret"]}, "code": {s["code"]}}.Encode())
		w.Get("/setup?token=" + s["set-up token"])
		w.Get("/nothing/" + url.PathEscape(p["e-mail address"]) + "?password=" + url.QueryEscape(s["password"]))
		w.Get(w.AuthURL(rp, "redirect_uri", "https://evil.test/cb", "login_hint", p["e-mail address"], "id_token_hint", s["ID token"]))
		w.Get(w.AuthURL(rp, "claims", `{"id_token":{"email":{"value":"`+p["e-mail address"]+`"`, "login_hint", p["phone number"]))
		w.Call("/oauth2/token", nil, url.Values{"grant_type": {"password"}, "username": {p["e-mail address"]}, "password": {s["password"]}, "client_id": {rp.ID}})
		w.Raw(http.MethodPost, "/oauth2/token", `{"password":"`+s["password"]+`"}`, "Content-Type", "application/json", "Authorization", "Bearer "+s["access token"])
		w.Raw(http.MethodPost, "/login", url.Values{"password": {s["password"], s["next password"]}}.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL)
		w.Raw(http.MethodPost, "/oauth2/token?code="+s["code"], url.Values{"code": {s["code"]}}.Encode(), "Content-Type", testkit.FormType)
	}
	trouble()
	_, err := w.App.Directory.Create(context.Background(), w.App.Tenant, directory.NewPerson{Claims: directory.Claims{"email": p["e-mail address"]}}, testkit.Operator())
	if err == nil {
		w.t.Error("somebody's address was given away")
	} else {
		absent(w.t, "the error of a taken address", err.Error(), c.personal)
	}
	for _, table := range []string{"people", "grants", "clients", "sessions", "audit_events"} {
		w.without(table, trouble)
	}
	page, hasher := w.taped(rec).Get("/login"), w.App.Hasher
	*hasher = password.Hasher{} // its next use panics
	page.SubmitRaw("identifier", p["e-mail address"], "password", s["password"])
	present(w.t, "log", w.Log.String(), "nil pointer")
}

// canaryAnswers looks at what was sent to browsers and clients: errors say no secret, and addresses carry nothing but a code to its client.
func (w *world) canaryAnswers(rec *tape, c *canaries, rp *testkit.RP) {
	w.t.Helper()
	refusals, codes := 0, 0
	for _, x := range rec.all {
		name := http.MethodGet + " " + x.to.Path
		if x.status >= 400 {
			refusals++
			// Links to the same page in another language repeat its own query: the person has it in the address bar.
			said := regexp.MustCompile(`href="\?[^"]*"`).ReplaceAllString(x.body, "")
			for header, values := range x.header {
				if header != "Set-Cookie" {
					said += header + strings.Join(values, " ")
				}
			}
			absent(w.t, name, said, but(c.secrets, "form token", "person's cookie jedan-browser", "administrator's cookie jedan-browser"))
			absent(w.t, name, said, map[string]string{"name": c.personal["name"], "phone number": c.personal["phone number"], "address": c.personal["address"], "user agent": c.personal["user agent"]})
		}
		to := x.header.Get("Location")
		if strings.HasPrefix(to, rp.Redirect+"?") && strings.Contains(to, c.secrets["code"]) {
			codes++
			to = strings.ReplaceAll(to, c.secrets["code"], "")
		}
		if strings.HasPrefix(to, "https://spa.test/cb?") {
			to = strings.ReplaceAll(to, c.secrets["code of a public client"], "")
		}
		absent(w.t, "the address after "+name, to, c.secrets)
		absent(w.t, "the address after "+name, to, c.personal)
	}
	if refusals < 100 || codes != 1 {
		w.t.Errorf("%d refusals and %d redirects with the code were seen", refusals, codes)
	}
}

// but leaves values out.
func but(m map[string]string, names ...string) map[string]string {
	out := maps.Clone(m)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// canaryAudit reads the trail as an operator does: opened, it says from where somebody came, and nothing else of them.
func (w *world) canaryAudit(c *canaries, rp *testkit.RP) {
	w.t.Helper()
	evs, err := w.App.DB.AuditEvents(context.Background(), w.App.Tenant, storage.AuditFilter{Limit: 10_000})
	w.must(err)
	var all strings.Builder
	for _, row := range evs {
		raw, err := json.Marshal(w.detail(row))
		w.must(err)
		all.Write(raw)
	}
	for _, want := range []string{rp.ID, "user.login", "grant.redeem", "grant.reuse", "token.issue", "setup.complete", "user.password_change", c.personal["address"], c.personal["user agent"]} {
		present(w.t, "audit", all.String(), want)
	}
	absent(w.t, "audit", all.String(), c.secrets)
	absent(w.t, "audit", all.String(), but(c.personal, "address", "user agent"))
}

// canaryDatabase greps every table, and with SQLite every file of the data folder, byte by byte.
func (w *world) canaryDatabase(everything map[string]string, rp *testkit.RP) {
	w.t.Helper()
	var all strings.Builder
	for _, table := range w.tables() {
		all.WriteString(strings.Join(w.rows("SELECT * FROM "+table), "\n"))
	}
	present(w.t, "tables", all.String(), rp.ID)
	present(w.t, "tables", all.String(), "$argon2id$")
	absent(w.t, "tables", all.String(), everything)
	var files []string
	w.must(filepath.WalkDir(w.App.Config.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		files = append(files, filepath.Base(path))
		where := everything
		if filepath.Ext(path) == ".eml" { // a notice tells people their own address, and from where somebody came
			where = but(everything, "e-mail address", "address")
		}
		absent(w.t, filepath.Base(path), string(raw), where)
		if filepath.Base(path) == "jedan-auth.db-wal" {
			present(w.t, filepath.Base(path), string(raw), rp.ID)
		}
		return err
	}))
	if w.App.DB.Path() != "" && !slices.Contains(files, "jedan-auth.db-wal") {
		w.t.Errorf("no write-ahead log among %v", files)
	}
}

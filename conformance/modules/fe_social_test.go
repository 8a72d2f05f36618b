package modules

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestFE_Google: an address counts where Google answers for it, and a Workspace domain by the claim alone.
func TestFE_Google(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("google", "oidc", map[string]any{"template": "google", "issuer": o.url()})
	for i, c := range []struct {
		email, hd string
		verified  any
		trusted   bool
	}{
		{"a@gmail.com", "", true, true}, {"b@Gmail.com", "", true, true}, {"c@acme.example", "acme.example", true, true}, {"d@acme.example", "", true, false},
		{"e@gmail.com", "", false, false}, {"f@gmail.com", "", "true", false}, {"g@acme.example", "acme.example", false, false}, {"h@gmail.com.evil.example", "", true, false},
	} {
		claims := map[string]any{"sub": fmt.Sprint("google-", i), "email": c.email, "email_verified": c.verified, "hd": nil}
		if c.hd != "" {
			claims["hd"] = c.hd
		}
		if got := w.trusts("google", o, claims); got != c.trusted {
			t.Errorf("%s, hd %q, verified %v: trusted %v", c.email, c.hd, c.verified, got)
		}
	}
	if err := w.tryProvider("bad", "oidc", map[string]any{"template": "google", "trust_email": true}); err == nil {
		t.Error("the template's rule can be overruled")
	}
}

func TestFE_GoogleHostedDomain(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("google", "oidc", map[string]any{"template": "google", "issuer": o.url(), "hosted_domains": []string{"acme.example"}, "offline": true})
	if q := w.away(w.Browser(), "google", "hd", "evil.example").Query(); q.Get("hd") != "acme.example" || q.Get("access_type") != "offline" {
		t.Error(q)
	}
	for _, hd := range []any{nil, "", "evil.example", "acme.example.evil.example", true, []string{"acme.example"}} {
		w.no("google", o, map[string]any{"hd": hd, "email": "x@acme.example", "email_verified": true}, "oidc_google.hd")
	}
	if !w.trusts("google", o, map[string]any{"hd": "Acme.example", "email": "x@acme.example", "email_verified": true}) {
		t.Error("somebody of the domain was not believed")
	}
}

const (
	tenantA = "11111111-aaaa-4aaa-8aaa-111111111111"
	tenantB = "22222222-bbbb-4bbb-8bbb-222222222222"
	tenantP = "9188040d-6c67-4c5b-b112-36a304b66dad"
	oidOne  = "33333333-cccc-4ccc-8ccc-333333333333"
	oidTwo  = "44444444-dddd-4ddd-8ddd-444444444444"
)

// entra is the multi-tenant endpoint: one document and one key set for all tenants.
func entra(w *feWorld, tenant string) *socialOP {
	o := newSocialOP(w.t, w.Clock.Now, func(o *socialOP) { o.path = "/" + tenant + "/v2.0" })
	o.set(func(o *socialOP) {
		o.issuer, o.keyIssuer = o.url()+"/{tenantid}/v2.0", o.url()+"/{tenantid}/v2.0"
		o.claims = o.of(tenantA, oidOne)
	})
	return o
}

// of are the claims that say whose account it is.
func (o *socialOP) of(tid, oid string) map[string]any {
	return map[string]any{"iss": o.url() + "/" + tid + "/v2.0", "tid": tid, "oid": oid, "email": "m@contoso.example", "ver": "2.0"}
}

// TestFE_Microsoft: the tenant of the issuer, of the claim, of the key and of the connector is one.
func TestFE_Microsoft(t *testing.T) {
	w := newSocial(t)
	o := entra(w, "organizations")
	config := map[string]any{"template": "microsoft", "authority": o.url(), "tenant": "organizations", "tenants": []string{tenantA}}
	w.provider("entra", "oidc", config)
	_, page := w.by("entra", o)
	first := w.subject(page)
	if w.hasAddress("m@contoso.example") {
		t.Error("an address counts without xms_edov")
	}
	iss := func(tid string) string { return o.url() + "/" + tid + "/v2.0" }
	for name, c := range map[string]struct {
		claims map[string]any
		check  string
	}{
		"tid of another":        {map[string]any{"tid": tenantB}, "oidc_id_token.iss"},
		"iss of another":        {map[string]any{"iss": iss(tenantB)}, "oidc_id_token.iss"},
		"the template itself":   {map[string]any{"iss": iss("{tenantid}"), "tid": "{tenantid}"}, "oidc_microsoft.tid"},
		"no tid":                {map[string]any{"tid": nil}, "oidc_id_token.iss"},
		"tid that leads away":   {map[string]any{"iss": iss("x/../" + tenantA), "tid": "x/../" + tenantA}, "oidc_microsoft.tid"},
		"a tenant not listed":   {map[string]any{"iss": iss(tenantB), "tid": tenantB}, "oidc_microsoft.tenant"},
		"a private account":     {map[string]any{"iss": iss(tenantP), "tid": tenantP}, "oidc_microsoft.tenant"},
		"no oid":                {map[string]any{"oid": nil}, "oidc_microsoft.oid"},
		"oid that is no object": {map[string]any{"oid": "m@contoso.example"}, "oidc_microsoft.oid"},
	} {
		t.Run(name, func(t *testing.T) {
			(&feWorld{Server: w.Server, t: t, rp: w.rp}).no("entra", o, c.claims, c.check)
		})
	}
	o.set(func(o *socialOP) { o.claims["sub"] = "another sub of the same person" })
	if _, page = w.by("entra", o); w.subject(page) != first {
		t.Error("the same object is another person")
	}
	o.set(func(o *socialOP) { o.claims["oid"] = oidTwo })
	if _, page = w.by("entra", o); w.subject(page) == first {
		t.Error("another object is the same person")
	}
	for i, edov := range []any{false, "true", 1, nil, true} {
		claims := map[string]any{"oid": fmt.Sprintf("33333333-cccc-4ccc-8ccc-%012d", i), "email": fmt.Sprintf("edov%d@contoso.example", i), "email_verified": true, "xms_edov": edov}
		if got := w.trusts("entra", o, claims); got != (edov == true) {
			t.Errorf("xms_edov %v: trusted %v", edov, got)
		}
	}
}

// TestFE_MicrosoftKeys: a key that is for one tenant's tokens signs no other's, and an answer that names one tenant brings no other's token.
func TestFE_MicrosoftKeys(t *testing.T) {
	w := newSocial(t)
	o := entra(w, "common")
	o.set(func(o *socialOP) { o.keyIssuer = o.url() + "/" + tenantP + "/v2.0" })
	w.provider("entra", "oidc", map[string]any{"template": "microsoft", "authority": o.url(), "tenant": "common", "tenants": []string{"*"}, "personal": true})
	w.no("entra", o, nil, "oidc_microsoft.key_issuer")
	o.set(func(o *socialOP) { o.claims = o.of(tenantP, oidOne) })
	_, page := w.by("entra", o)
	w.subject(page)
	for tid, check := range map[string]string{tenantB: "oidc_microsoft.tid", "{tenantid}": "oidc_callback.issuer"} {
		b, mark := w.Browser(), w.Log.Mark()
		q := o.visit(w.away(b, "entra"))
		q.Set("iss", o.url()+"/"+tid+"/v2.0")
		w.refusedBy(b, w.back(b, "entra", q), mark, check)
	}
}

func TestFE_MicrosoftPersonal(t *testing.T) {
	w := newSocial(t)
	o := entra(w, "common")
	w.provider("entra", "oidc", map[string]any{"template": "microsoft", "authority": o.url(), "tenant": "common", "tenants": []string{"*"}})
	w.no("entra", o, o.of(tenantP, oidOne), "oidc_microsoft.personal")
	_, page := w.by("entra", o)
	w.subject(page)
	for name, config := range map[string]map[string]any{
		"no tenant":             {"tenant": nil},
		"all without saying so": {"tenant": "common", "tenants": nil},
		"a list for one":        {"tenant": tenantA},
		"a name":                {"tenant": "contoso.example", "tenants": nil},
		"private by accident":   {"tenant": "consumers", "tenants": nil},
		"trust":                 {"trust_email": true},
		"another's member":      {"hosted_domains": []string{"x"}},
	} {
		full := map[string]any{"template": "microsoft", "authority": o.url(), "tenant": "common", "tenants": []string{"*"}}
		for k, v := range config {
			full[k] = v
		}
		if w.tryProvider("bad", "oidc", full) == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

// TestFE_GitLab: groups of the ID token, a server of one's own.
func TestFE_GitLab(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("gitlab", "oidc", map[string]any{"template": "gitlab", "issuer": o.url(), "trust_email": true})
	o.set(func(o *socialOP) { o.claims["groups_direct"] = []string{"acme", "acme/dev"} })
	if !w.trusts("gitlab", o, map[string]any{"sub": "42", "email": "g@acme.example", "email_verified": true}) {
		t.Error("a verified address")
	}
	if w.trusts("gitlab", o, map[string]any{"sub": "43", "email": "h@acme.example", "email_verified": false}) {
		t.Error("an address that is not verified")
	}
}

// TestFE_LinkedIn takes the secret in the form, has no PKCE and no nonce; a nonce that is there must be the right one.
func TestFE_LinkedIn(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, func(o *socialOP) { o.client, o.verifier, o.nonce = byForm, false, false })
	w.provider("linkedin", "oidc", map[string]any{"template": "linkedin", "issuer": o.url(), "trust_email": true})
	if !w.trusts("linkedin", o, map[string]any{"sub": "782bbtaQ", "email": "l@acme.example", "email_verified": true}) {
		t.Error("a verified address")
	}
	if w.trusts("linkedin", o, map[string]any{"sub": "782bbtaR", "email": "m@acme.example", "email_verified": "true"}) {
		t.Error("a truth that is a text was believed")
	}
	w.no("linkedin", o, map[string]any{"nonce": "of another sign-in"}, "oidc_id_token.nonce")
	w.no("linkedin", o, map[string]any{"nonce": 7}, "oidc_id_token.nonce")
}

// TestFE_Slack: errors come with status 200, somebody is their id in a workspace, and workspaces can be listed.
func TestFE_Slack(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, func(o *socialOP) { o.client, o.said = byForm, map[string]any{"ok": true} })
	w.provider("slack", "oidc", map[string]any{"template": "slack", "issuer": o.url(), "trust_email": true, "teams": []string{"T0R7GR"}})
	who := func(team, user string) map[string]any {
		return map[string]any{"sub": user, "https://slack.com/user_id": user, "https://slack.com/team_id": team, "email": strings.ToLower(user) + "@acme.example", "email_verified": true}
	}
	if !w.trusts("slack", o, who("T0R7GR", "U0R7JM")) {
		t.Error("a verified address")
	}
	if q := w.away(w.Browser(), "slack").Query(); q.Get("team") != "T0R7GR" {
		t.Error(q)
	}
	w.no("slack", o, who("T0EVIL", "U0R7JM"), "oidc_slack.team")
	w.no("slack", o, map[string]any{"https://slack.com/team_id": nil}, "oidc_slack.team")
	w.no("slack", o, map[string]any{"https://slack.com/user_id": "U0OTHER"}, "oidc_slack.user")
	w.no("slack", o, map[string]any{"https://slack.com/user_id": nil}, "oidc_slack.user")
	for code, want := range map[string]int{"invalid_code": http.StatusForbidden, "internal_error": http.StatusServiceUnavailable} {
		o.set(func(o *socialOP) {
			o.answer = func(w http.ResponseWriter, _ *http.Request) bool {
				o.json(w, map[string]any{"ok": false, "error": code})
				return true
			}
		})
		mark := w.Log.Mark()
		if _, page := w.by("slack", o); page.Status != want || (want == http.StatusForbidden) != strings.Contains(strings.Join(w.Log.Refused(mark), " "), "oidc_answer.grant") {
			t.Errorf("%s: %d %v", code, page.Status, w.Log.Refused(mark))
		}
	}
	o.set(func(o *socialOP) { o.answer = nil })
	w.provider("all", "oidc", map[string]any{"template": "slack", "issuer": o.url()})
	subject := func(team string) string {
		o.set(func(o *socialOP) { o.claims = who(team, "U1") })
		_, page := w.by("all", o)
		return w.subject(page)
	}
	if subject("T1") == subject("T2") {
		t.Error("the same id in two workspaces is one person")
	}
}

// TestFE12_Strange: what cannot be read is the provider's trouble or a refusal, and never ours.
func TestFE12_Strange(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("google", "oidc", map[string]any{"template": "google", "issuer": o.url(), "userinfo": true})
	long := strings.Repeat("x", 200<<10)
	for name, said := range map[string]map[string]any{
		"encrypted":        {"id_token": "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.AAAA.AAAA.AAAA.AAAA"},
		"long ID token":    {"id_token": long},
		"long access":      {"access_token": long},
		"long refresh":     {"refresh_token": long},
		"a number":         {"id_token": 7},
		"access with line": {"access_token": "a\r\nX-Evil: 1"},
		"expires":          {"expires_in": "soon"},
		"expires far":      {"expires_in": 1e300},
		"type":             {"token_type": "DPoP"},
	} {
		o.set(func(o *socialOP) { o.said = said })
		if _, page := w.by("google", o); page.Status == http.StatusInternalServerError {
			t.Errorf("%s: %d", name, page.Status)
		}
	}
	o.set(func(o *socialOP) { o.said = nil })
	for name, claims := range map[string]map[string]any{
		"long name":     {"name": long[:60<<10]},
		"long picture":  {"picture": "https://x.example/" + long[:8<<10]},
		"line in name":  {"name": "a\nb\x00c"},
		"odd address":   {"email": "a@b@gmail.com", "email_verified": true},
		"long address":  {"email": long[:2000] + "@gmail.com", "email_verified": true},
		"address twice": {"email": []string{"a@gmail.com"}, "email_verified": true},
		"long sid":      {"sid": long[:30<<10]},
		"strange sub":   {"sub": "\x00\n\u202e"},
		"deep":          {"address": map[string]any{"a": map[string]any{"b": map[string]any{}}}},
	} {
		o.set(func(o *socialOP) { o.claims = claims })
		if _, page := w.by("google", o); page.Status == http.StatusInternalServerError {
			t.Errorf("%s: %d", name, page.Status)
		}
	}
	for name, user := range map[string]any{"long": map[string]any{"sub": "sub-1", "x": long}, "a list": []int{1}, "none": nil} {
		o.set(func(o *socialOP) { o.claims, o.user = map[string]any{}, nil })
		if m, ok := user.(map[string]any); ok {
			o.set(func(o *socialOP) { o.user = m })
		}
		if _, page := w.by("google", o); page.Status == http.StatusInternalServerError {
			t.Errorf("UserInfo %s: %d", name, page.Status)
		}
	}
}

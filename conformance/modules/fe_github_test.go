package modules

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
)

// TestFE_GitHub: somebody is a number, and their address the primary one that is verified and that mail reaches.
func TestFE_GitHub(t *testing.T) {
	w, g := newGitHubWorld(t, nil)
	to := w.away(w.Browser(), "github").Query()
	if to.Get("scope") != "read:user user:email" || to.Get("code_challenge_method") != "S256" || to.Get("response_type") != "code" {
		t.Error(to)
	}
	first := w.gh(g)
	if !w.hasAddress("mona@acme.example") || w.hasAddress("public@acme.example") || w.hasAddress("old@acme.example") {
		t.Error("not the primary verified address, or others too")
	}
	g.set(func(g *fakeGitHub) { g.user["login"] = "renamed" })
	if w.gh(g) != first {
		t.Error("another login name is another person")
	}
	g.set(func(g *fakeGitHub) { g.user["id"], g.user["login"], g.emails = 583232, "octocat", nil })
	if w.gh(g) == first {
		t.Error("a login name that was given up and taken is the same person")
	}
	for i, emails := range [][]map[string]any{
		{{"email": "u@acme.example", "primary": true, "verified": false}},
		{{"email": "u@acme.example", "primary": false, "verified": true}},
		{{"email": "u@acme.example", "primary": true}},
		{{"email": "7+u@users.noreply.github.com", "primary": true, "verified": true}},
		{{"email": "7+u@Users.NoReply.GitHub.com", "primary": true, "verified": true}},
		{},
	} {
		g.set(func(g *fakeGitHub) { g.user["id"], g.emails = 600000+i, emails })
		w.gh(g)
		if w.hasAddress("u@acme.example") || w.hasAddress("7+u@users.noreply.github.com") {
			t.Errorf("%v counts", emails)
		}
	}
	g.set(func(g *fakeGitHub) { g.user["id"], g.hidden = 700000, true })
	w.gh(g) // without an address
}

func TestFE_GitHubRefused(t *testing.T) {
	w, g := newGitHubWorld(t, nil)
	for _, id := range []any{nil, "583231", 0, -1, 1.5, "1e3", map[string]any{}} {
		g.set(func(g *fakeGitHub) { g.user["id"] = id })
		w.noGH(g, http.StatusForbidden, "social_user.id")
	}
	g.set(func(g *fakeGitHub) { g.user["id"] = 1 })
	for name, c := range map[string]struct {
		said   any
		status int
		check  string
	}{
		"type":        {map[string]any{"access_token": "gho_1", "token_type": "mac"}, http.StatusForbidden, "social_answer.token_type"},
		"no type":     {map[string]any{"access_token": "gho_1"}, http.StatusForbidden, "social_answer.token_type"},
		"no token":    {map[string]any{"token_type": "bearer"}, http.StatusForbidden, "social_answer.token_type"},
		"code":        {map[string]any{"error": "bad_verification_code"}, http.StatusForbidden, "social_answer.grant"},
		"credentials": {map[string]any{"error": "incorrect_client_credentials"}, http.StatusServiceUnavailable, ""},
		"a list":      {[]int{1}, http.StatusServiceUnavailable, ""},
		"long":        {strings.Repeat("x", 1<<20), http.StatusServiceUnavailable, ""},
	} {
		g.set(func(g *fakeGitHub) {
			g.answer = func(h http.ResponseWriter) bool { g.json(h, http.StatusOK, c.said); return true }
		})
		t.Run(name, func(t *testing.T) { (&feWorld{Server: w.Server, t: t, rp: w.rp}).noGH(g, c.status, c.check) })
	}
	g.set(func(g *fakeGitHub) { g.answer = nil })
	for check, q := range map[string]url.Values{"social_callback.error": {"error": {"access_denied"}}, "social_callback.code": {}} {
		b, mark := w.Browser(), w.Log.Mark()
		q.Set("state", w.away(b, "github").Query().Get("state"))
		w.back(b, "github", q)
		if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), check) {
			t.Errorf("%s: refused by %v", check, w.Log.Refused(mark))
		}
	}
	for _, wish := range [][]string{{"prompt", "login"}, {"max_age", "600"}} { // such a service does not say when somebody proved themselves
		b, mark := w.Browser(), w.Log.Mark()
		w.back(b, "github", g.visit(w.away(b, "github", wish...)))
		if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), "social_callback.fresh") || in(b) {
			t.Errorf("%v: %v", wish, w.Log.Refused(mark))
		}
	}
	g.set(func(g *fakeGitHub) { g.revoked = true })
	b, mark := w.Browser(), w.Log.Mark()
	w.back(b, "github", g.visit(w.away(b, "github")))
	if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), "social_user.token") {
		t.Error(w.Log.Refused(mark))
	}
	g.set(func(g *fakeGitHub) { g.revoked, g.down = false, true })
	w.noGH(g, http.StatusServiceUnavailable, "")
}

// TestFE_LinkOwn: people link GitHub and Google on their own pages, though neither says when somebody proved themselves.
func TestFE_LinkOwn(t *testing.T) {
	w, g := newGitHubWorld(t, nil)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("google", "oidc", map[string]any{"template": "google", "issuer": o.url()})
	maria := w.Person("maria@example.org")
	b := w.Browser()
	b.Authorize(w.AuthURL(w.rp), "maria@example.org")
	for name, visit := range map[string]func(*url.URL) url.Values{"github": g.visit, "google": o.visit} {
		to := b.Get(hrefOf(b.Get("/account/logins").Body, "link-"+name)).Location
		if to == nil || to.Query().Get("prompt") != "select_account" {
			t.Fatal(name, to)
		}
		if p := w.back(b, name, visit(to)).Submit("answer", "link"); !p.HasID("logins-done") {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if w.links(maria) != 2 || w.gh(g) != maria.Subject {
		t.Error("not linked")
	}
	mark := w.Log.Mark()
	other := w.Browser()
	w.refusedBy(other, w.back(other, "google", o.visit(w.away(other, "google", "prompt", "login"))), mark, "oidc_id_token.auth_time")
}

// TestFE_GitHubOrganization: who is a member is asked page by page, and lists without end are not read.
func TestFE_GitHubOrganization(t *testing.T) {
	w, g := newGitHubWorld(t, map[string]any{"organizations": []string{"Acme"}, "membership": true})
	if scope := w.away(w.Browser(), "github").Query().Get("scope"); scope != "read:user user:email read:org" {
		t.Error(scope)
	}
	g.set(func(g *fakeGitHub) { g.orgs = []string{"other", "acme-evil"} })
	b, mark := w.Browser(), w.Log.Mark()
	w.back(b, "github", g.visit(w.away(b, "github")))
	if !strings.Contains(strings.Join(w.Log.Refused(mark), " "), "social_github.organization") || in(b) {
		t.Error("somebody of no organization that is listed was let in: ", w.Log.Refused(mark))
	}
	g.set(func(g *fakeGitHub) {
		for i := range 150 {
			g.orgs = append(g.orgs, fmt.Sprint("org-", i))
		}
		g.orgs, g.teams = append(g.orgs, "acme"), [][2]string{{"acme", "dev"}, {"", "x"}}
	})
	w.gh(g)
	g.set(func(g *fakeGitHub) {
		for i := range 1000 {
			g.orgs = append(g.orgs, fmt.Sprint("more-", i))
		}
		g.asks = nil
	})
	w.noGH(g, http.StatusServiceUnavailable, "")
	if len(g.asks) > 12 {
		t.Errorf("%d questions", len(g.asks))
	}
}

// recheck asks the connector about somebody who is kept.
func (w *feWorld) recheck(name, key string, tokens *federation.Tokens) (*federation.Identity, error) {
	w.t.Helper()
	ready, err := w.App.Upstreams.ByName(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	asks, ok := ready.Connector.(federation.Rechecker)
	if !ok {
		w.t.Fatalf("%s cannot be asked", name)
	}
	return asks.Recheck(w.t.Context(), key, tokens)
}

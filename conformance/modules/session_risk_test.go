package modules

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/storage"
)

// steal copies the named cookies of a browser into a new one.
func steal(t *testing.T, s *testkit.Server, from *testkit.Browser, agent string, names ...string) *testkit.Browser {
	t.Helper()
	thief := s.Browser()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range from.Jar.Cookies(u) {
		for _, name := range names {
			if strings.HasSuffix(c.Name, name) {
				jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/"}})
			}
		}
	}
	thief.Jar, thief.HTTP.Jar = jar, jar
	if agent != "" {
		thief.HTTP.Transport = speaking{agent, thief.HTTP.Transport}
	}
	return thief
}

// speaking sends a user agent.
type speaking struct {
	agent string
	next  http.RoundTripper
}

func (s speaking) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", s.agent)
	return s.next.RoundTrip(r)
}

// A copied session cookie opens nothing: no code and no sensitive act, however often it is tried, and the owner goes on undisturbed. A sign-in in the same browser is
// enough, and is asked for once.
func TestCopiedSessionCookie(t *testing.T) {
	s := testkit.Start(t)
	rp, p := s.Client(storage.ClientMetadata{FirstParty: true}), s.Person("maria@example.org")
	own := s.Browser()
	if own.Authorize(s.AuthURL(rp), "maria@example.org").Get("code") == "" {
		t.Fatal("no sign-in")
	}
	thief := steal(t, s, own, "", "jedan-session")
	for range 3 {
		if page := thief.Get(s.AuthURL(rp)); page.Location != nil || !page.HasID("login-identifier") && !page.HasID("login-password") {
			t.Fatalf("the thief: %d %s %v", page.Status, page.URL, page.Location)
		}
		if page := thief.Get(s.AuthURL(rp, "prompt", "none")); page.Location == nil || page.Location.Query().Get("error") != "login_required" {
			t.Fatalf("the thief, unseen: %v", page.Location)
		}
		if page := thief.Get("/account/delete"); !strings.HasPrefix(page.URL.Path, "/login") {
			t.Fatalf("the thief deletes the account: %s", page.URL)
		}
		if page := own.Get(s.AuthURL(rp)); page.Location == nil || page.Location.Query().Get("code") == "" {
			t.Fatalf("the owner: %d %s", page.Status, page.URL)
		}
	}
	if page := own.Get("/account/delete"); page.Status != http.StatusOK || page.URL.Path != "/account/delete" {
		t.Fatalf("the owner's page: %d %s", page.Status, page.URL)
	}
	back := thief.Get(s.AuthURL(rp)).SignIn("maria@example.org", testkit.Password)
	if back.Location == nil || back.Location.Query().Get("code") == "" {
		t.Fatalf("after a sign-in there: %d %s", back.Status, back.URL)
	}
	if page := thief.Get(s.AuthURL(rp)); page.Location == nil || page.Location.Query().Get("code") == "" {
		t.Fatal("it is asked for again and again")
	}
	s.Restart() // what waits is written down
	rows, err := s.App.DB.RiskVerdicts(context.Background(), s.App.Tenant, storage.RiskFilter{Person: p.ID, Action: "step_up"})
	if err != nil || len(rows) == 0 || rows[0].Reason != "session_no_browser" && rows[0].Reason != "session_other_browser" {
		t.Fatalf("verdicts: %+v %v", rows, err)
	}
	if len(rows) > 3 {
		t.Errorf("%d verdicts for one thief", len(rows))
	}
}

// Where refreshes are refused, a thief's is, says so only in the log, and takes nothing from the owner. Confidential clients are not watched.
func TestCopiedRefreshToken(t *testing.T) {
	s := testkit.Start(t, func(c *app.Config) { c.Risk.Sessions = risk.SessionConfig{Refresh: risk.Enforce, StepUp: 3} })
	rp := s.Client(storage.ClientMetadata{FirstParty: true, TokenEndpointAuthMethod: "none", GrantTypes: []string{"authorization_code", "refresh_token"}})
	s.Person("maria@example.org")
	token := s.Redeem(rp, s.Browser().Authorize(s.AuthURL(rp, "scope", "openid offline_access"), "maria@example.org").Get("code")).Text("refresh_token")
	if token == "" {
		t.Fatal("no refresh token")
	}
	refresh := func(agent string) (int, string) {
		req := s.Request("/oauth2/token", rp, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
		req.Header.Set("User-Agent", agent)
		got := s.Do(req)
		if next := got.Text("refresh_token"); next != "" {
			token = next
		}
		return got.Status, got.Text("error")
	}
	const theirs, thiefs = "Mozilla/5.0 (Windows NT 10.0) Chrome/147.0.0.0 Safari/537.36", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Safari/604.1"
	for range 2 {
		if status, code := refresh(theirs); status != http.StatusOK {
			t.Fatalf("the owner: %d %s", status, code)
		}
		if status, code := refresh(thiefs); status != http.StatusBadRequest || code != "invalid_grant" {
			t.Fatalf("the thief: %d %s", status, code)
		}
	}
	if !strings.Contains(s.Log.String(), "session_other_kind") {
		t.Error("the log does not say why")
	}
}

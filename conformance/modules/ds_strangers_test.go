package modules

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// rowsOf counts the rows of every table but the queue's own.
func rowsOf(t *testing.T, s *testkit.Server) map[string]int {
	t.Helper()
	list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if s.App.DB.Dialect() == migrations.Postgres {
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	rows, err := s.App.DB.SQL().QueryContext(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "river_") {
			names = append(names, name)
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, name := range names {
		var n int
		if err := s.App.DB.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM "+name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	return out
}

// DS06: whatever strangers ask for, no table grows before somebody has signed in and consented.
func TestDS06_NoRowForStrangers(t *testing.T) {
	s := testkit.Start(t)
	rp := s.Client(storage.ClientMetadata{})
	s.Person("ds06@example.org")
	before := rowsOf(t, s)
	for i := range 200 {
		p := s.Browser().Get(s.AuthURL(rp, "state", fmt.Sprint("s", i))) // a new browser each time, up to the sign-in page
		if !p.HasID("login-password") {
			t.Fatalf("status %d", p.Status)
		}
		s.Call("/oauth2/token", nil, url.Values{"grant_type": {"authorization_code"}, "code": {fmt.Sprint("c", i)}})
		s.Call("/oauth2/introspect", nil, url.Values{"token": {"x"}})
		s.Userinfo("eyJhbGciOiJFUzI1NiJ9.e30.AA")
	}
	for table, n := range rowsOf(t, s) {
		if n != before[table] {
			t.Errorf("%s grew from %d to %d rows", table, before[table], n)
		}
	}
	s.Code(rp, "ds06@example.org") // and somebody who does consent makes a grant
	if after := rowsOf(t, s); after["grants"] != before["grants"]+1 {
		t.Errorf("grants: %d, want one more than %d", after["grants"], before["grants"])
	}
}

// DS09: 50 KB where a short text belongs is refused or cut, and costs no more memory than a few times its size.
func TestDS09_LongFieldsCostLittle(t *testing.T) {
	s := testkit.Start(t)
	rp := s.Client(storage.ClientMetadata{})
	long := strings.Repeat("a@", 25_000)
	for name, changes := range map[string][]string{
		"redirect_uri": {"redirect_uri", "https://" + strings.Repeat("a.", 10_000) + "test/"}, "ui_locales": {"ui_locales", strings.Repeat("de-", 5_000)},
		"login_hint": {"login_hint", strings.Repeat("a@", 5_000)}, "scope": {"scope", strings.Repeat("openid ", 2_000)},
	} {
		if p := s.Browser().Get(s.AuthURL(rp, changes...)); p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s: status %d", name, p.Status)
		}
	}
	work := testing.AllocsPerRun(5, func() {
		req, err := http.NewRequest(http.MethodGet, s.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", long[:20_000])
		req.Header.Set("Accept-Language", strings.Repeat("de-DE,", 1_500))
		if a := s.Do(req); a.Status != http.StatusOK {
			t.Fatalf("a long user agent: status %d", a.Status)
		}
	})
	if work > 20_000 {
		t.Errorf("%.0f allocations for one page", work)
	}
	p := s.Browser().Get(s.AuthURL(rp)).SignIn(long, testkit.Password)
	if p.Status >= 500 || p.Location != nil {
		t.Errorf("a 50 KB identifier: status %d", p.Status)
	}
}

// DS10: a thousand readers of a cold server get the one document that was made once.
func TestDS10_OneDocumentForAll(t *testing.T) {
	s := testkit.Start(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"} {
		var mu sync.Mutex
		bodies, tags := map[string]int{}, map[string]int{}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for range 20 {
					resp, err := s.HTTP.Get(s.URL + path)
					if err != nil {
						t.Error(err)
						return
					}
					body, err := io.ReadAll(resp.Body)
					_ = resp.Body.Close()
					if err != nil || resp.StatusCode != http.StatusOK {
						t.Errorf("%s: status %d, %v", path, resp.StatusCode, err)
						return
					}
					mu.Lock()
					bodies[string(body)]++
					tags[resp.Header.Get("Etag")]++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(bodies) != 1 || len(tags) != 1 {
			t.Errorf("%s: %d documents with %d tags", path, len(bodies), len(tags))
		}
	}
}

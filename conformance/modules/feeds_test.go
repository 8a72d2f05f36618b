package modules

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/feeds"
	"github.com/jedan-auth/jedan-auth/risk/feeds/feedtest"
	"github.com/jedan-auth/jedan-auth/storage"
)

// from sends requests as a proxy in front would for an address.
type from struct {
	address string
	next    http.RoundTripper
}

func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", f.address)
	return f.next.RoundTrip(r)
}

// With every feed hanging a sign-in is as quick as ever and its verdict names what it missed; when they answer again, the next verdict has what they say. A stolen password is refused
// when it is set, and speaks against a sign-in.
func TestFeeds(t *testing.T) {
	fake := feedtest.New()
	t.Cleanup(fake.Close)
	fake.Mode(feedtest.Hang)
	const address = "203.0.113.66"
	fake.Bad(address)
	fake.Stolen(feeds.SumOf(testkit.Password))
	const taken = "somebody else lost this one"
	fake.Stolen(feeds.SumOf(taken))
	s := testkit.Start(t, func(c *app.Config) {
		c.Proxies = []string{"127.0.0.0/8"}
		c.Outbound.AllowHTTP, c.Outbound.AllowNetworks, c.Outbound.Timeout = true, []string{"127.0.0.0/8"}, 4*time.Second
		one := feeds.Service{Key: config.Secret(feedtest.Key), URL: fake.URL}
		c.Feeds = feeds.Config{AbuseIPDB: one, VirusTotal: one, OTX: one, Passwords: feeds.Passwords{Online: true, URL: fake.URL, Wait: 4 * time.Second}}
	})
	rp, p := s.Client(storage.ClientMetadata{}), s.Person("maria@example.org")
	b := s.Browser()
	b.HTTP.Transport = from{address, b.HTTP.Transport}
	signIn := func() risk.Detail {
		t.Helper()
		start := time.Now()
		page := b.Get(s.AuthURL(rp, "prompt", "login")).SignIn("maria@example.org", testkit.Password)
		if took := time.Since(start); took > 3*time.Second || page.Status >= 400 {
			t.Fatalf("%d after %s", page.Status, took)
		}
		rows, err := s.App.DB.RiskVerdicts(context.Background(), s.App.Tenant, storage.RiskFilter{Person: p.ID, Limit: 1})
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		d, err := risk.OpenVerdict(s.App.Ring, &rows[0])
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := []string{feeds.AbuseIPDB, feeds.VirusTotal, feeds.OTX, feeds.PwnedPasswords}
	if d := signIn(); !slices.Equal(d.Missed, want) {
		t.Fatalf("missed: %v", d.Missed)
	}
	fake.Mode(feedtest.Well)
	var d risk.Detail
	s.Within(30*time.Second, "verdicts with what the feeds say", func() bool {
		s.Clock.Advance(time.Minute)
		d = signIn()
		return len(d.Missed) == 0
	})
	said := map[string]int{}
	for _, f := range d.Factors {
		if f.Points() > 0 {
			said[f.Reason]++
		}
	}
	if said["reported_address"] != 3 || said["password_breached"] != 1 {
		t.Errorf("factors: %+v", d.Factors)
	}
	if page := b.Get("/account"); !page.HasID("home-score") || !strings.Contains(page.Body, "The password is in a collection of stolen ones") {
		t.Errorf("the person is not told: %d %.300s", page.Status, page.Body)
	}
	page := b.Get("/account/password")
	action, form := page.Form("current_password", testkit.Password, "new_password", taken)
	to, err := page.URL.Parse(action)
	if err != nil {
		t.Fatal(err)
	}
	refused := b.Post(to.String(), form)
	if !strings.Contains(refused.Body, "collection of stolen passwords") {
		t.Errorf("a stolen password is taken: %d %.300s", refused.Status, refused.Body)
	}
	if log := s.Log.String(); strings.Contains(log, address) || strings.Contains(log, feedtest.Key) || strings.Contains(log, feeds.SumOf(testkit.Password)) {
		t.Error("the log names an address, a key or a sum")
	}
}

package drills

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

const (
	backWithin   = 3 * time.Second // after the database takes connections again
	silentAtMost = 9 * time.Second // for an answer when it takes none and refuses none
)

// probe is a request that needs the database, and what must not be said while it is away.
type probe struct {
	name string
	send func() (answer, error)
	know bool // may be answered from memory as long as that can be believed
}

// TestDatabaseIsAway cuts the servers off from their database. Everything that needs it is 503 with Retry-After: a token is neither refused nor
// called inactive because nobody could look, and a revocation that was not written is not confirmed. Afterwards everything works as if nothing had been.
func TestDatabaseIsAway(t *testing.T) {
	c := newCluster(t, onPostgres, patientTokens()...)
	p, dsn := newProxy(t, c.dsn)
	direct := c.dsn
	c.dsn = dsn
	c.boot(2)
	l := newLedger()
	h := newHand(l, c.nodes[0], cheapHash(t))
	defer h.rest()
	s := newScene(t, h)
	for range 3 {
		p.cut()
		s.away(c)
		begun := time.Now()
		p.mend()
		c.nodes[0].awaitReady()
		c.nodes[1].awaitReady()
		if took := time.Since(begun); took > backWithin {
			t.Errorf("it took %v until the servers were back", took)
		}
		c.dsn = direct
		c.inspect(l, c.nodes[1], marks{}, marks{}, 0, settings{seed: 1}.choices(0))
		c.dsn = dsn
		s.refill()
		if t.Failed() {
			t.Fatal(c.nodes[0].log())
		}
	}
}

// scene is a grant of each kind that the probes need.
type scene struct {
	*testing.T
	*hand
	visit, client int
	used, unused  int // grants: redeemed, and with its code
	seen          string
	page          answer // a sign-in form
	browser       *caller
}

func newScene(t *testing.T, h *hand) *scene {
	s := &scene{T: t, hand: h}
	p, err := h.newPerson("away@example.org")
	if err == nil {
		s.client, err = h.newClient(client{rotates: true, audited: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.visit = h.newVisit(p)
	s.refill()
	return s
}

// refill makes new grants: the inspection may have ended the old ones.
func (s *scene) refill() {
	s.Helper()
	var err error
	if s.used, err = s.authorize(s.visit, s.client, true); err == nil {
		err = s.redeem(s.used)
	}
	if err == nil {
		s.unused, err = s.authorize(s.visit, s.client, true)
	}
	s.browser = s.on(newJar())
	if err == nil {
		s.page, err = s.browser.walk(s.authURL(s.l.client(s.client)))
	}
	if err != nil {
		s.Fatal(err)
	}
	s.seen = s.l.grants[s.used].access
	if a := s.userinfo(s.seen); a.status != http.StatusOK {
		s.Fatal(a)
	}
}

func (s *scene) userinfo(access string) answer {
	s.Helper()
	a, err := s.on(nil).post("/oauth2/userinfo", url.Values{"access_token": {access}})
	if err != nil {
		s.Fatal(err)
	}
	return a
}

func (s *scene) probes() []probe {
	g, c := s.l.grant(s.used)
	unused, _ := s.l.grant(s.unused)
	ask := func(path string, form url.Values) func() (answer, error) {
		return func() (answer, error) { return s.call(path, c, form) }
	}
	visit := func(path string) func() (answer, error) {
		return func() (answer, error) { return s.on(s.l.visit(s.visit).jar).walk(path) }
	}
	return []probe{
		{"refresh", func() (answer, error) { return s.sendRefresh(g.last(), c) }, false},
		{"code", func() (answer, error) { return s.sendCode(unused, c) }, false},
		{"introspection of a refresh token", ask("/oauth2/introspect", url.Values{"token": {g.last()}, "token_type_hint": {"refresh_token"}}), false},
		{"introspection of an access token", ask("/oauth2/introspect", url.Values{"token": {g.access}}), true},
		{"userinfo", ask("/oauth2/userinfo", url.Values{"access_token": {g.access}}), true},
		{"revocation of a refresh token", ask("/oauth2/revoke", url.Values{"token": {g.last()}}), false},
		{"revocation of an access token", ask("/oauth2/revoke", url.Values{"token": {g.access}}), false},
		{"authorization", visit(s.authURL(c)), false},
		{"authorization without a page", visit(s.authURL(c, "prompt", "none")), false},
		{"home", visit("/"), true},
		{"sign-in", func() (answer, error) {
			action, form, err := s.page.form("identifier", "away@example.org", "password", testkit.Password)
			if err != nil {
				return answer{}, err
			}
			return s.browser.post(action, form)
		}, false},
	}
}

// away asks everything, at once and again when nothing in memory can be believed any more.
func (s *scene) away(c *cluster) {
	s.Helper()
	s.asked()
	for _, believed := range []bool{true, false} {
		if !believed {
			s.awaitDisbelief(c.nodes[0])
		}
		for _, pr := range s.probes() {
			a, err := pr.send()
			if err != nil {
				s.Fatal(err)
			}
			if pr.know && believed && a.status == http.StatusOK && !strings.Contains(a.raw, `"active":false`) {
				continue
			}
			if problem := notAway(a); problem != "" {
				s.Errorf("%s while the database is away (believed %v): %s: %v", pr.name, believed, problem, a)
			}
		}
	}
}

// asked notes what the probes ask for: none of it may have happened, and all of it might.
func (s *scene) asked() {
	s.l.do(func() {
		s.l.grants[s.used].renewing = true
		s.l.grants[s.used].revoke = asked
		s.l.grants[s.used].deny, s.l.grants[s.used].denied = asked, s.l.grants[s.used].access
		s.l.grants[s.unused].redeem = asked
	})
}

// awaitDisbelief returns when readiness says that the node no longer hears of changes.
func (s *scene) awaitDisbelief(x *node) {
	s.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		a, err := s.on(nil).get("/health/ready")
		if err != nil {
			s.Fatal(err)
		}
		if a.status == http.StatusServiceUnavailable && strings.Contains(a.raw, `"changes":"failed"`) {
			return
		}
		if time.Now().After(end) {
			s.Fatalf("node %s believes its memory without a database: %v", x.name, a)
		}
	}
}

// notAway says what is wrong with an answer while the database is away.
func notAway(a answer) string {
	switch {
	case a.status == http.StatusSeeOther && a.params().Get("error") == "temporarily_unavailable":
		return "" // RFC 6749 section 4.1.2.1: a redirect cannot be 503
	case a.status != http.StatusServiceUnavailable:
		return "not 503"
	case a.header.Get("Retry-After") == "":
		return "no Retry-After"
	case strings.HasPrefix(a.header.Get("Content-Type"), "application/json") && a.text("error") != "temporarily_unavailable":
		return fmt.Sprintf("error %q", a.text("error"))
	}
	return ""
}

// TestDatabaseIsSilent holds back every byte between servers and database, without breaking a connection. Nobody waits long, and nobody is told
// anything but to try again.
func TestDatabaseIsSilent(t *testing.T) {
	c := newCluster(t, onPostgres, patientTokens()...)
	p, dsn := newProxy(t, c.dsn)
	direct := c.dsn
	c.dsn = dsn
	c.boot(1)
	l := newLedger()
	h := newHand(l, c.nodes[0], cheapHash(t))
	defer h.rest()
	s := newScene(t, h)
	s.asked()
	p.gate.Lock()
	var wg sync.WaitGroup
	for _, pr := range s.probes() {
		wg.Go(func() {
			begun := time.Now()
			a, err := pr.send()
			if err != nil || time.Since(begun) > silentAtMost {
				t.Errorf("%s: %v after %v", pr.name, err, time.Since(begun))
				return
			}
			if problem := notAway(a); problem != "" && !(pr.know && a.status == http.StatusOK && !strings.Contains(a.raw, `"active":false`)) {
				t.Errorf("%s while the database is silent: %s: %v", pr.name, problem, a)
			}
		})
	}
	wg.Wait()
	s.awaitDisbelief(c.nodes[0])
	p.gate.Unlock()
	begun := time.Now()
	c.nodes[0].awaitReady()
	if took := time.Since(begun); took > backWithin {
		t.Errorf("it took %v until the server was back", took)
	}
	c.dsn = direct
	c.inspect(l, c.nodes[0], marks{}, marks{}, 0, settings{seed: 1}.choices(0))
}

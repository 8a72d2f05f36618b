package drills

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// pushRace is sixteen people in as many browsers, spread over the nodes, and a client that nobody has to consent to.
type pushRace struct {
	*arena
	client   *storage.Client
	secret   string
	browsers []*caller
	roads    []*http.Transport // a stranger's, to each node
}

func TestRacesForPushedRequestsOnSQLite(t *testing.T)   { pushedRaces(t, onSQLite, 9) }
func TestRacesForPushedRequestsOnPostgres(t *testing.T) { pushedRaces(t, onPostgres, 10) }

// pushedRaces: a request_uri that sixteen browsers open at the same moment is used by one of them (RFC 9126 section 7.3). It is used when the person
// is sent back with a code, not when somebody opens it: one who is not signed in opened it before.
func pushedRaces(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	p := newPushRace(newArena(newCluster(t, kind).boot(size(kind)), set, set.choices(who)))
	begun := time.Now()
	for p.races < set.races && !t.Failed() {
		set.progress(t, p.races, "request_uri")
		p.one()
	}
	set.report(t, run{drill: "races for request_uri", database: kind, begun: begun, size: fmt.Sprintf("%d races of %d browsers over %d process(es)", p.races, runners, len(p.nodes)),
		figures: fmt.Sprintf("%d codes, %d refused; each opened by a stranger first", p.granted, p.refused)})
}

func newPushRace(a *arena) *pushRace {
	a.t.Helper()
	p := &pushRace{arena: a}
	r, err := a.db.Registrar.Create(context.Background(), storage.ClientMetadata{
		RedirectURIs: []string{redirect}, GrantTypes: []string{"authorization_code"}, Scope: "openid", ClientName: "Racer", TokenEndpointAuthMethod: "client_secret_post", FirstParty: true,
	}, register.Options{Actor: register.Actor{Kind: "operator", ID: "drill"}})
	if err != nil {
		a.t.Fatal(err)
	}
	p.client, p.secret = r.Client, r.Secret
	for _, x := range a.nodes {
		p.roads = append(p.roads, x.road())
	}
	hash := cheapHash(a.t)
	for i := range runners {
		p.browsers = append(p.browsers, p.signedIn(a.nodes[i%len(a.nodes)], fmt.Sprintf("runner%d@example.org", i), hash))
	}
	return p
}

// signedIn is a new person's browser at a node.
func (p *pushRace) signedIn(x *node, email, hash string) *caller {
	p.t.Helper()
	if _, err := p.db.Directory.Create(context.Background(), p.db.Tenant, directory.NewPerson{Claims: testkit.FullClaims(email), PasswordHash: hash}, testkit.Operator()); err != nil {
		p.t.Fatal(err)
	}
	b := on(x.road(), newJar())
	page, err := b.walk(p.open(p.push()))
	if err != nil {
		p.t.Fatal(err)
	}
	action, form, err := page.form("identifier", email, "password", testkit.Password)
	if err != nil {
		p.t.Fatal(err)
	}
	a, err := b.post(action, form)
	if err == nil {
		a, err = b.walk(a.header.Get("Location"))
	}
	if err != nil || a.params().Get("code") == "" {
		p.t.Fatalf("%s did not get in: %v %v", email, a, err)
	}
	return b
}

func (p *pushRace) push() string {
	p.t.Helper()
	a := p.volley.once(p.rnd.IntN(runners), "/oauth2/par", url.Values{
		"client_id": {p.client.ClientID}, "client_secret": {p.secret}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
	})
	if a.status != http.StatusCreated {
		p.t.Fatalf("not pushed: %v", a)
	}
	return a.text("request_uri")
}

func (p *pushRace) open(uri string) string {
	return "/oauth2/authorize?" + url.Values{"client_id": {p.client.ClientID}, "request_uri": {uri}}.Encode()
}

// opened looks at the request in a browser that nobody is signed in to: the sign-in page. It uses nothing up.
func (p *pushRace) opened(to string) {
	p.t.Helper()
	a, err := on(p.roads[p.races%len(p.roads)], newJar()).walk(to)
	if err != nil || a.status != http.StatusOK || !strings.Contains(a.raw, `name="identifier"`) {
		p.t.Fatalf("a stranger who opens a request_uri does not get the sign-in page: %v %v", a, err)
	}
}

// one race: exactly one browser carries a code away, and the others are told that the request is used.
func (p *pushRace) one() {
	p.t.Helper()
	to := p.open(p.push())
	p.opened(to)
	answers, failed := make([]answer, runners), make([]error, runners)
	ready := make(chan struct{})
	var all sync.WaitGroup
	for i, b := range p.browsers {
		all.Go(func() {
			<-ready
			answers[i], failed[i] = b.walk(to)
		})
	}
	close(ready)
	all.Wait()
	won := 0
	for i, a := range answers {
		switch {
		case failed[i] != nil:
			p.t.Fatal(failed[i])
		case a.params().Get("code") != "":
			won++
		case a.params().Get("error") != "invalid_request_uri" && (a.status != http.StatusBadRequest || !a.has("error-code")):
			p.t.Errorf("browser %d: %v", i, a)
		}
	}
	if won != 1 {
		p.t.Errorf("a request_uri was won %d times", won)
	}
	p.races++
	p.requests += runners
	p.granted += won
	p.refused += runners - won
}

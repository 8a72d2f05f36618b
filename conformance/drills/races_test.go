package drills

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	runners    = 16 // simultaneous requests of a race
	raceBatch  = 24 // grants that are made in one transaction
	redirect   = "https://app.test/cb"
	afterGrace = 11 * time.Second
)

// arena is a cluster with everything that a race needs.
type arena struct {
	*cluster
	set    settings
	clock  *clock
	db     *beside
	volley *volley
	rnd    *rand.Rand
	person *storage.Person

	public  *storage.Client // rotates
	audited *storage.Client // rotates, with an event for each token
	keeping *storage.Client // confidential: keeps its refresh token
	secret  string          // of keeping

	late []lateCheck // what is to be seen once the grace is over
	tally
}

// tally counts what happened.
type tally struct {
	races, requests, granted, refused int
	codes, rotations, kept            int
}

func TestRacesOnSQLite(t *testing.T)   { races(t, onSQLite, 1) }
func TestRacesOnPostgres(t *testing.T) { races(t, onPostgres, 2) }

func races(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	a := newArena(newCluster(t, kind).boot(size(kind)), set, set.choices(who))
	begun := time.Now()
	for a.races < set.races && !t.Failed() {
		a.batch(min(raceBatch, set.races-a.races))
	}
	set.report(t, run{drill: "races", database: kind, begun: begun, size: fmt.Sprintf("%d races of %d requests over %d process(es)", a.races, runners, len(a.nodes)), figures: fmt.Sprintf(
		"%d for codes, %d for rotating and %d for kept refresh tokens; %d requests granted, %d refused", a.codes, a.rotations, a.kept, a.granted, a.refused)})
}

func newArena(c *cluster, set settings, rnd *rand.Rand) *arena {
	c.t.Helper()
	a := &arena{cluster: c, set: set, clock: &clock{}, rnd: rnd}
	a.db = c.open(a.clock.now)
	c.t.Cleanup(func() { a.db.shut(c.t) })
	a.volley = newVolley(c.t, c.nodes, runners, rnd)
	var err error
	if a.person, err = a.db.Directory.Create(context.Background(), a.db.Tenant, directory.NewPerson{Claims: testkit.FullClaims("racer@example.org")}, testkit.Operator()); err != nil {
		c.t.Fatal(err)
	}
	a.public, _ = a.client(storage.ClientMetadata{TokenEndpointAuthMethod: "none"})
	a.audited, _ = a.client(storage.ClientMetadata{TokenEndpointAuthMethod: "none", AuditTokens: true})
	a.keeping, a.secret = a.client(storage.ClientMetadata{TokenEndpointAuthMethod: "client_secret_post"})
	return a
}

func (a *arena) client(m storage.ClientMetadata) (*storage.Client, string) {
	a.t.Helper()
	m.RedirectURIs, m.GrantTypes, m.Scope = []string{redirect}, []string{"authorization_code", "refresh_token"}, "openid profile email offline_access"
	m.ClientName = "Racer"
	r, err := a.db.Registrar.Create(context.Background(), m, register.Options{Actor: register.Actor{Kind: "operator", ID: "drill"}})
	if err != nil {
		a.t.Fatal(err)
	}
	return r.Client, r.Secret
}

// runner is one grant and what a race is about: its code, or its first refresh token.
type runner struct {
	client *storage.Client
	grant  *storage.Grant
	token  string
	run    func(*runner)
}

// batch makes the grants of n or fewer races at once, runs them, and looks back when the grace is over.
func (a *arena) batch(n int) {
	a.t.Helper()
	rs := make([]*runner, 0, n)
	for i := 0; n > 0; i++ {
		r := &runner{client: a.public}
		if a.rnd.IntN(4) == 0 {
			r.client = a.audited
		}
		cost := 1
		switch {
		case i%3 < 2 || n == 1: // as many codes as refresh tokens, which are raced for twice
			a.newCode(r)
		case a.rnd.IntN(6) == 0:
			r.client = a.keeping
			a.newRefresh(r)
			r.run = a.raceKept
		default:
			a.newRefresh(r)
			r.run, cost = a.raceRotation, 2
		}
		rs, n = append(rs, r), n-cost
	}
	a.insert(rs)
	for _, r := range rs {
		r.run(r)
	}
	a.afterGrace()
}

func (a *arena) insert(rs []*runner) {
	a.t.Helper()
	err := a.db.DB.InTx(context.Background(), func(ctx context.Context) error {
		for _, r := range rs {
			if _, inserted, err := a.db.DB.InsertGrant(ctx, r.grant, nil); err != nil || !inserted {
				return fmt.Errorf("a grant was not inserted: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// newGrant is what consent commits.
func (a *arena) newGrant(c *storage.Client) *storage.Grant {
	now := a.clock.now()
	g := &storage.Grant{
		Tenant: a.db.Tenant, ID: storage.NewID(now), Client: c.ID, Person: a.person.ID, Session: storage.NewID(now), Subject: a.person.Subject,
		Scopes: storage.Strings{"openid", "email", "offline_access"}, ACR: "1", AMR: storage.Strings{"pwd"}, AuthTime: now, Challenge: testkit.Challenge(testkit.Verifier),
		RedirectURI: redirect, Nonce: "n", Code: storage.CodeIssued, CodeExpires: now.Add(time.Minute), Offline: true, Refresh: true,
		Rotates: c != a.keeping, ExpiresAt: now.Add(time.Hour), CreatedAt: now,
	}
	g.Origin = "flow:" + g.ID.String()
	return g
}

func (a *arena) newCode(r *runner) {
	r.grant = a.newGrant(r.client)
	r.token, r.run = a.db.tokens.Code(r.grant.ID), a.raceCode
}

// newRefresh is a grant whose code was redeemed.
func (a *arena) newRefresh(r *runner) {
	r.grant = a.newGrant(r.client)
	nonce := make([]byte, 16)
	for i := range nonce {
		nonce[i] = byte(a.rnd.Uint32())
	}
	r.grant.Code, r.grant.Generation = storage.CodeRedeemed, 1
	r.grant.Nonce1 = a.db.Ring.Seal(nonceAt(r.grant), nonce)
	r.token = a.db.tokens.Refresh(r.grant.ID, 1, nonce)
}

func (a *arena) codeForm(r *runner) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {r.token}, "redirect_uri": {redirect}, "code_verifier": {testkit.Verifier}, "client_id": {r.client.ClientID},
	}
}

func (a *arena) refreshForm(r *runner, token string) url.Values {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {r.client.ClientID}}
	if r.client == a.keeping {
		form.Set("client_secret", a.secret)
	}
	return form
}

// race fires one volley and sorts the answers.
func (a *arena) race(form url.Values) (granted, refused []answer) {
	a.t.Helper()
	a.races++
	for _, x := range a.volley.fire("/oauth2/token", form) {
		a.requests++
		switch {
		case x.status == http.StatusOK:
			granted = append(granted, x)
		case x.refused("invalid_grant"):
			refused = append(refused, x)
		default:
			a.t.Errorf("neither tokens nor invalid_grant: %v", x)
		}
	}
	a.granted, a.refused = a.granted+len(granted), a.refused+len(refused)
	return granted, refused
}

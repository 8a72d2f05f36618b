package drills

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestKillOfWhatWaitsOnSQLite(t *testing.T)   { killsOfWhatWaits(t, onSQLite, 11) }
func TestKillOfWhatWaitsOnPostgres(t *testing.T) { killsOfWhatWaits(t, onPostgres, 12) }

// errand is a request that waits, or something that works once, as the parent knows it. One worker has it at a time.
type errand struct {
	kind   string // request_uri, device_code, auth_req_id or jti
	handle string
	form   url.Values // of a jti
	header []string
	worker int
	allow  fact // by the person, on the screen of a device
	spend  fact
}

// waitingRoom is everything that waits, and those who make it wait.
type waitingRoom struct {
	*cluster
	web, tv, bank client
	once          []once
	people        []string // e-mail address of each worker's person
	jars          []http.CookieJar
	logouts       *receiver

	mu      sync.Mutex
	errands []*errand
	answers int
	more    chan struct{}
}

// killsOfWhatWaits ends a server at random moments while requests are pushed, devices connected, people asked elsewhere, assertions and proofs used and
// sessions ended. What was answered waits or is spent when it is back; each of it can be had once; and each client hears of each logout.
func killsOfWhatWaits(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	rnd := set.choices(who)
	r := newReceiver(t)
	c := newCluster(t, kind, append(patientTokens(), "JEDAN_TOKENS__PUSHED_LIFETIME=10m", "JEDAN_TOKENS__CIBA_PER_PERSON=1000", "JEDAN_OUTBOUND__PER_HOST=1000000",
		`JEDAN_OUTBOUND__ALLOW_NETWORKS=["127.0.0.0/8"]`, "JEDAN_OUTBOUND__TRUST="+r.trust)...).boot(size(kind))
	w := newWaitingRoom(c, r)
	begun, found := time.Now(), map[string]int{}
	for range set.kills {
		x := c.nodes[rnd.IntN(len(c.nodes))]
		w.killUnderLoad(x, rnd)
		x.start()
		w.inspect(found, rnd)
		if t.Failed() {
			t.Fatal(x.log())
		}
	}
	found["logouts heard of"] = r.await(c)
	set.report(t, run{drill: "kill -9 of what waits", database: kind, begun: begun, size: fmt.Sprintf("%d kills, %d process(es)", set.kills, len(c.nodes)),
		figures: fmt.Sprintf("%d answers; found %s", w.answers, figures(found))})
}

func newWaitingRoom(c *cluster, r *receiver) *waitingRoom {
	c.t.Helper()
	w := &waitingRoom{cluster: c, logouts: r, more: make(chan struct{}, 1)}
	db := c.open(time.Now)
	defer db.shut(c.t)
	w.once = []once{assertions(c.t, db), proofs(c.t, db)}
	web := storage.ClientMetadata{RedirectURIs: []string{redirect}, GrantTypes: []string{"authorization_code"}, FirstParty: true}
	web.BackchannelLogoutURI = r.server.URL
	w.web = w.client(db, web)
	w.tv = w.client(db, storage.ClientMetadata{GrantTypes: []string{"urn:ietf:params:oauth:grant-type:device_code"}})
	w.bank = w.client(db, storage.ClientMetadata{GrantTypes: []string{"urn:openid:params:grant-type:ciba"}})
	hash := cheapHash(c.t)
	for i := range killWorkers {
		email := fmt.Sprintf("waiter%d@example.org", i)
		if _, err := db.Directory.Create(context.Background(), db.Tenant, directory.NewPerson{Claims: testkit.FullClaims(email), PasswordHash: hash}, testkit.Operator()); err != nil {
			c.t.Fatal(err)
		}
		w.people, w.jars = append(w.people, email), append(w.jars, newJar())
		if _, err := w.signIn(on(c.nodes[0].road(), w.jars[i]), email); err != nil {
			c.t.Fatal(err)
		}
	}
	return w
}

func (w *waitingRoom) client(db *beside, m storage.ClientMetadata) client {
	w.t.Helper()
	m.Scope, m.ClientName, m.TokenEndpointAuthMethod = "openid email", "Waiter", "client_secret_post"
	r, err := db.Registrar.Create(context.Background(), m, register.Options{Actor: register.Actor{Kind: "operator", ID: "drill"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return client{clientID: r.Client.ClientID, secret: r.Secret}
}

// signIn brings a person to the web client, and returns the answer with the code.
func (w *waitingRoom) signIn(b *caller, email string) (answer, error) {
	a, err := b.walk((&hand{}).authURL(w.web))
	if err != nil {
		return a, err
	}
	if a, err = (&hand{}).submit(b, a, "identifier", email, "password", testkit.Password); err == nil {
		a, err = b.walk(a.header.Get("Location"))
	}
	if err == nil && a.params().Get("code") == "" {
		err = unexpected("no code", a)
	}
	return a, err
}

// killUnderLoad kills the node after so many answers and a moment more, and lets the workers at other nodes finish.
func (w *waitingRoom) killUnderLoad(x *node, rnd *rand.Rand) {
	w.t.Helper()
	stop, all := make(chan struct{}), sync.WaitGroup{}
	for i := range killWorkers {
		seeds := rand.New(rand.NewPCG(rnd.Uint64(), rnd.Uint64())) //nolint:gosec // a drill's choices
		all.Go(func() { w.work(i, seeds, stop) })
	}
	w.await(w.count() + 1 + rnd.IntN(100))
	<-time.After(time.Duration(rnd.IntN(5000)) * time.Microsecond)
	x.current().kill()
	close(stop)
	all.Wait()
}

func (w *waitingRoom) work(i int, rnd *rand.Rand, stop chan struct{}) {
	road := w.nodes[i%len(w.nodes)].road()
	defer road.CloseIdleConnections()
	for {
		select {
		case <-stop:
			return
		default:
		}
		if err := w.life(i, road, rnd); errors.Is(err, errGone) {
			return
		} else if err != nil {
			w.t.Error(err)
			return
		}
	}
}

// life makes one thing wait and maybe goes on with it.
func (w *waitingRoom) life(i int, road *http.Transport, rnd *rand.Rand) error {
	kinds := []func(int, *http.Transport) (*errand, error){w.push, w.connect, w.ask, w.make(rnd.IntN(len(w.once)))}
	n := rnd.IntN(len(kinds) + 1)
	if n == len(kinds) {
		return w.leave(i, road)
	}
	e, err := kinds[n](i, road)
	if err != nil || rnd.IntN(3) == 0 {
		return err
	}
	if e.kind == "device_code" {
		if err := w.decide(e, road); err != nil || rnd.IntN(2) == 0 {
			return err
		}
	}
	if e.kind == "auth_req_id" { // nobody answers it
		return nil
	}
	got, err := w.use(e, road)
	if err == nil && got != served {
		err = fmt.Errorf("a %s that nobody used is %s", e.kind, got) //nolint:err113 // a test's message
	}
	return err
}

func (w *waitingRoom) got(change func()) {
	w.mu.Lock()
	change()
	w.answers++
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default: // one is waiting already
	}
}

func (w *waitingRoom) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers
}

func (w *waitingRoom) await(n int) {
	w.t.Helper()
	end := time.After(patience)
	for w.count() < n {
		select {
		case <-w.more:
		case <-end:
			w.t.Fatalf("%d answers after %v, want %d", w.count(), patience, n)
		}
	}
}

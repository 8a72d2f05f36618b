package drills

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// What a crowd is promised when it is as large as JEDAN_CROWD says (issue 5).
const (
	crowdShare   = 0.85                   // successes a second, of the argon2id rate of the same run
	crowdPatient = 10 * time.Second       // nobody waits longer for an answer
	crowdToken   = 300 * time.Millisecond // the token endpoint meanwhile, at the 99th percentile
	crowdMemory  = 256 << 10              // peak resident size in KiB
)

// passwordCrowd signs in over and over, honouring Retry-After.
type passwordCrowd struct {
	*testing.T
	x    *node
	stop chan struct{}

	mu                   sync.Mutex
	in, shed             int
	longest, longestTurn time.Duration
	tokens               []time.Duration
}

// TestCrowdOfPasswordsOnSQLite: the server has one core, and the memory limit that it gives itself in a container of 256 MiB (app.tuneMemory). A closed loop of clients signs in by password against one core. Whoever is too many is told when to come back, the token
// endpoint answers meanwhile, and memory stays bounded. Times count only when JEDAN_CROWD asks for a size: the machine is the drill's own then.
func TestCrowdOfPasswordsOnSQLite(t *testing.T) {
	set := readSettings(t)
	clients, length := number(t, "JEDAN_CROWD", 24), time.Duration(number(t, "JEDAN_CROWD_SECONDS", 3))*time.Second
	full := os.Getenv("JEDAN_CROWD") != ""
	begun := time.Now()
	c := newCluster(t, onSQLite, "GOMAXPROCS=1", dearVariable+"=1", fmt.Sprintf("GOMEMLIMIT=%d", crowdMemory<<10/4*3)).boot(1)
	people, rp := gather(c, clients)
	perHash := hashing(t)
	crowd := &passwordCrowd{T: t, x: c.nodes[0], stop: make(chan struct{})}
	before := cpuOf(t, c.nodes[0])
	var all sync.WaitGroup
	for _, email := range people {
		all.Go(func() { crowd.client(email) })
	}
	all.Go(func() { crowd.tokenClient(rp) })
	time.Sleep(length)
	close(crowd.stop)
	spent, peak := cpuOf(t, c.nodes[0])-before, peakOf(t, c.nodes[0])
	all.Wait()
	perHash = (perHash + hashing(t)) / 2
	crowd.judge(full, length, spent, perHash, peak)
	set.report(t, run{drill: "crowd of passwords", database: onSQLite, size: fmt.Sprintf("%d clients, %v", clients, length), figures: crowd.figures(length, spent, perHash, peak), begun: begun})
}

// gather makes the people, who all have the password of the default cost, and a client of their own for tokens.
func gather(c *cluster, n int) (people []string, rp client) {
	c.t.Helper()
	db := c.open((&clock{}).now)
	defer db.shut(c.t)
	hash, err := db.Hasher.Hash(context.Background(), testkit.Password)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := range n {
		email := fmt.Sprintf("crowd%d@example.org", i)
		if _, err := db.Directory.Create(context.Background(), db.Tenant, directory.NewPerson{Claims: directory.Claims{"email": email, "email_verified": true}, PasswordHash: hash}, testkit.Operator()); err != nil {
			c.t.Fatal(err)
		}
		people = append(people, email)
	}
	made, err := db.Registrar.Create(context.Background(), storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, TokenEndpointAuthMethod: "client_secret_post"}, register.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	return people, client{clientID: made.Client.ClientID, secret: made.Secret}
}

// hashing is the processor time of one argon2id hash of the default cost, alone on a core.
func hashing(t *testing.T) time.Duration {
	t.Helper()
	h, err := password.New(password.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 20
	began := ownCPU(t)
	for range n {
		if _, err := h.Hash(context.Background(), testkit.Password); err != nil {
			t.Fatal(err)
		}
	}
	return (ownCPU(t) - began) / n
}

func ownCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (p *passwordCrowd) over() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// rest waits as long as the server asks, unless the drill is over.
func (p *passwordCrowd) rest(d time.Duration) {
	select {
	case <-p.stop:
	case <-time.After(d):
	}
}

// client is one person's browser. It is known from the first sign-in on; each sign-in begins without a session.
func (p *passwordCrowd) client(email string) {
	known := newJar()
	for road := p.x.road(); !p.over(); {
		began := time.Now()
		if !p.turn(on(road, known), email) {
			return
		}
		p.mu.Lock()
		p.longestTurn = max(p.longestTurn, time.Since(began))
		p.mu.Unlock()
		known = withoutSession(known)
	}
}

// turn is one sign-in, however often it is put off; false when the drill is over.
func (p *passwordCrowd) turn(b *caller, email string) bool {
	page, ok := p.ask(func() (answer, error) { return b.walk("/login") })
	if !ok {
		return false
	}
	action, form, err := page.form("identifier", email, "password", testkit.Password)
	if err != nil {
		p.Error(err)
		return false
	}
	a, ok := p.ask(func() (answer, error) { return b.post(action, form) })
	if ok && a.status != http.StatusSeeOther {
		p.Errorf("a right password: %v", a)
		return false
	}
	if ok && sessionOf(b.http.Jar).IsZero() {
		p.Errorf("no session: %v %v", a, a.header.Get("Location"))
		return false
	}
	if ok && !p.over() {
		p.mu.Lock()
		p.in++
		p.mu.Unlock()
	}
	return ok
}

// ask sends a request until it is served. Whatever is put off must say until when.
func (p *passwordCrowd) ask(send func() (answer, error)) (answer, bool) {
	for !p.over() {
		began := time.Now()
		a, err := send()
		took := time.Since(began)
		if err != nil {
			p.Error(err)
			return a, false
		}
		p.mu.Lock()
		p.longest = max(p.longest, took)
		p.mu.Unlock()
		if a.status != http.StatusServiceUnavailable && a.status != http.StatusTooManyRequests {
			return a, true
		}
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			p.Errorf("put off without a time: %v", a)
			return a, false
		}
		p.mu.Lock()
		p.shed++
		p.mu.Unlock()
		p.rest(time.Duration(seconds) * time.Second)
	}
	return answer{}, false
}

// tokenClient asks for tokens of its own, twenty a second at most.
func (p *passwordCrowd) tokenClient(c client) {
	b := on(p.x.road(), nil)
	for ; !p.over(); p.rest(50 * time.Millisecond) {
		began := time.Now()
		a, err := b.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {c.clientID}, "client_secret": {c.secret}})
		if err != nil || a.status != http.StatusOK && a.text("error") != "invalid_client" {
			p.Errorf("%v %v", a, err)
			return
		}
		p.mu.Lock()
		p.tokens = append(p.tokens, time.Since(began))
		p.mu.Unlock()
	}
}

func withoutSession(jar http.CookieJar) http.CookieJar {
	home, err := url.Parse(issuer)
	if err != nil {
		panic(err) // it is a constant
	}
	again := newJar()
	again.SetCookies(home, slices.DeleteFunc(jar.Cookies(home), func(c *http.Cookie) bool { return c.Name == "jedan-session" }))
	return again
}

func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[min(len(all)-1, int(float64(len(all))*p))]
}

func (p *passwordCrowd) share(length, perHash time.Duration) float64 {
	return float64(p.in) * perHash.Seconds() / length.Seconds()
}

func (p *passwordCrowd) figures(length, spent, perHash time.Duration, peak int) string {
	return fmt.Sprintf("%d signed in (%.2f of the argon2id rate; %.2f of the server's processor time), %d put off, longest answer %.1f s, longest turn %.1f s, token p99 %d ms, peak %d MiB", p.in,
		p.share(length, perHash), float64(p.in)*perHash.Seconds()/spent.Seconds(), p.shed, p.longest.Seconds(), p.longestTurn.Seconds(), percentile(p.tokens, 0.99).Milliseconds(), peak>>10)
}

func (p *passwordCrowd) judge(full bool, length, spent, perHash time.Duration, peak int) {
	p.Helper()
	p.Log(p.figures(length, spent, perHash, peak))
	if p.in == 0 || len(p.tokens) == 0 {
		p.Error("nobody got anywhere")
	}
	if peak > crowdMemory*detectorShare {
		p.Errorf("%d KiB resident", peak)
	}
	if !full {
		return
	}
	if share := p.share(length, perHash); share < crowdShare {
		p.Errorf("%.2f of the argon2id rate", share)
	}
	if p.longest > crowdPatient || percentile(p.tokens, 0.99) > crowdToken {
		p.Errorf("longest answer %v, tokens %v", p.longest, percentile(p.tokens, 0.99))
	}
}

// proc reads a file about the server's process.
func proc(t *testing.T, x *node, name string) string {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(x.proc.cmd.Process.Pid), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// cpuOf is the processor time that a server has used (proc(5): utime and stime, in hundredths of a second).
func cpuOf(t *testing.T, x *node) time.Duration {
	t.Helper()
	_, rest, _ := strings.Cut(proc(t, x, "stat"), ") ")
	fields := strings.Fields(rest)
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// peakOf is a server's greatest resident size, in KiB.
func peakOf(t *testing.T, x *node) int {
	t.Helper()
	_, rest, _ := strings.Cut(proc(t, x, "status"), "VmHWM:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

package feeds

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/risk/feeds/feedtest"
)

// world is a fake of every feed, and those that ask it.
type world struct {
	t    *testing.T
	fake *feedtest.Server
	f    *Feeds

	mu     sync.Mutex
	now    time.Time
	counts map[string]int
}

// Feed implements Meter.
func (w *world) Feed(name, outcome string) {
	w.mu.Lock()
	w.counts[name+" "+outcome]++
	w.mu.Unlock()
}

func (w *world) count(what string) int { w.mu.Lock(); defer w.mu.Unlock(); return w.counts[what] }

func (w *world) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

func (w *world) later(d time.Duration) { w.mu.Lock(); w.now = w.now.Add(d); w.mu.Unlock() }

func newWorld(t *testing.T, change func(c *Config)) *world {
	t.Helper()
	w := &world{t: t, fake: feedtest.New(), now: time.Now(), counts: map[string]int{}}
	t.Cleanup(w.fake.Close)
	client, err := fetch.New(fetch.Config{AllowHTTP: true, AllowNetworks: []string{"127.0.0.0/8"}, Timeout: time.Second}, fetch.Deps{Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	s := Service{Key: config.Secret(feedtest.Key), URL: w.fake.URL}
	c := Config{AbuseIPDB: s, VirusTotal: s, OTX: s, Tor: Tor{On: true, URL: w.fake.URL + "/torbulkexitlist"}, Passwords: Passwords{Online: true, URL: w.fake.URL, Wait: time.Second}}
	change(&c)
	if w.f, err = New(c, Deps{Fetch: client, Meter: w, Log: slog.New(slog.DiscardHandler), Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.f.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return w
}

// within waits until something is so.
func (w *world) within(what string, so func() bool) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s: %v", what, w.counts)
		}
	}
}

func all() []string { return []string{AbuseIPDB, VirusTotal, OTX} }

func as(*Config) {}

var bad, good = netip.MustParseAddr("203.0.113.66"), netip.MustParseAddr("2001:db8::1")

// The first verdict on an address misses every feed, by name, and waits for none; the next one has what they said. Each is asked once.
func TestFeedsAnswerAtTheNextVerdict(t *testing.T) {
	w := newWorld(t, as)
	w.fake.Bad(bad.String())
	w.within("the list of exits", func() bool { return w.count("tor answered") > 0 })
	if reports, missed := w.f.Of(bad); len(missed) != 3 || missed[0] != AbuseIPDB {
		t.Fatalf("at first: %v, without %v", reports, missed)
	}
	w.within("answers", func() bool { _, missed := w.f.Of(bad); return len(missed) == 0 })
	reports, _ := w.f.Of(bad)
	for _, r := range reports {
		if r.Bad < 0.5 || r.Bad > 1 || r.Code == "" {
			t.Errorf("%+v", r)
		}
	}
	if len(reports) != 3 { // and the list of Tor's exits was fetched before this address was on it, or not
		if len(reports) != 4 {
			t.Errorf("reports: %+v", reports)
		}
	}
	w.within("good answers", func() bool { _, missed := w.f.Of(good); return len(missed) == 0 })
	for reports, _ := w.f.Of(good); len(reports) > 0; reports = reports[1:] {
		if reports[0].Bad != 0 {
			t.Errorf("a good address: %+v", reports[0])
		}
	}
	for _, path := range []string{"/api/v2/check", "/api/v3/ip_addresses/", "/api/v1/indicators/"} {
		if n := w.fake.Asked(path); n != 2 {
			t.Errorf("%s was asked %d times for two addresses", path, n)
		}
	}
	for _, a := range []string{"10.0.0.1", "127.0.0.1", "fe80::1", "100.64.1.1", "::1"} {
		if reports, missed := w.f.Of(netip.MustParseAddr(a)); len(reports)+len(missed) > 0 {
			t.Errorf("%s is nobody's on the internet: %v %v", a, reports, missed)
		}
	}
}

// However a feed fails, who asks is answered at once, told which feed it was, and the feed is left alone for a while; then it is asked again.
func TestFeedsFailOpen(t *testing.T) {
	for mode, outcome := range map[string]string{
		feedtest.Quota: outcomeQuota, feedtest.Down: outcomeFailed, feedtest.Garbage: outcomeGarbage, feedtest.TooLarge: outcomeFailed, feedtest.Hang: outcomeFailed,
	} {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.Tor.On = false })
			w.fake.Mode(mode)
			start := time.Now()
			_, missed := w.f.Of(bad)
			if took := time.Since(start); took > 500*time.Millisecond || !slices.Equal(missed, all()) {
				t.Errorf("after %s without %v", took, missed)
			}
			for _, name := range all() {
				w.within(name, func() bool { return w.count(name+" "+outcome) == 1 })
			}
			asked := w.fake.Asked("/api")
			for range 20 {
				w.f.Of(netip.AddrFrom4([4]byte{198, 51, 100, byte(asked)}))
			}
			w.fake.Mode(feedtest.Well)
			if w.later(5 * time.Second); w.fake.Asked("/api") != asked {
				t.Error("a feed that rests is asked")
			}
			w.later(2 * time.Minute)
			w.within("it is asked again", func() bool { _, missed := w.f.Of(bad); return len(missed) == 0 })
		})
	}
}

// A wrong key is not tried again and again.
func TestFeedsWrongKey(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Tor.On, c.AbuseIPDB.Key, c.VirusTotal.Key, c.OTX.Key = false, "wrong", "wrong", "wrong"
	})
	w.f.Of(bad)
	for _, name := range all() {
		w.within(name, func() bool { return w.count(name+" "+outcomeRefused) == 1 })
	}
	w.later(59 * time.Minute)
	w.f.Of(good)
	if n := w.fake.Asked("/api"); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

// The budget holds, whatever comes: strangers cannot use up the quota of a month in an hour, nor the memory.
func TestFeedsBudgetAndBounds(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Tor.On, c.VirusTotal.PerMinute, c.OTX.Key, c.AbuseIPDB.Key = false, 3, "", "" })
	for i := range 2000 {
		w.f.Of(netip.AddrFrom4([4]byte{198, 51, byte(100 + i/250), byte(1 + i%250)}))
	}
	w.within("the line is empty", func() bool { return w.count("virustotal answered")+w.count("virustotal budget") >= mostWaiting })
	if n := w.fake.Asked("/api/v3"); n != 3 {
		t.Errorf("%d questions in a minute", n)
	}
	if w.count("virustotal dropped") == 0 {
		t.Error("nothing was dropped")
	}
	k := w.f.of[0].source.(*asker)
	for i := range 3 * mostAnswers {
		k.keep(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), k.answers[bad].report)
	}
	if len(k.answers) > mostAnswers || len(k.ring) > mostAnswers {
		t.Errorf("%d answers are kept", len(k.answers))
	}
}

// The list of exits: who is on it, a broken answer does not empty it, and an old one does not count for ever.
func TestFeedsTor(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.AbuseIPDB.Key, c.VirusTotal.Key, c.OTX.Key = "", "", "" })
	exit := netip.MustParseAddr("192.0.2.250")
	w.within("the list", func() bool { _, missed := w.f.Of(exit); return len(missed) == 0 })
	if r, _ := w.f.Of(exit); len(r) != 1 || r[0].Bad != 1 || r[0].Code != "tor_exit" {
		t.Errorf("%+v", r)
	}
	if r, _ := w.f.Of(bad); r[0].Bad != 0 {
		t.Errorf("%+v", r)
	}
	w.fake.Mode(feedtest.Garbage)
	x := w.f.of[0].source.(*exits)
	if outcome, err := x.fetch(context.Background()); err == nil || outcome != outcomeGarbage {
		t.Error(outcome, err)
	}
	if r, _ := w.f.Of(exit); len(r) != 1 {
		t.Error("the list is gone")
	}
	w.later(7 * time.Hour)
	if _, missed := w.f.Of(exit); len(missed) != 1 || missed[0] != TorExits {
		t.Error("a list of this morning still counts")
	}
}

// A new password is looked up by five digits of its sum, with padding, and waits no longer than it is told to; padding is no finding.
func TestStolenOnline(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Tor.On = false })
	const password = "correct horse battery staple"
	w.fake.Stolen(SumOf(password))
	ctx := context.Background()
	if stolen, missed := w.f.Passwords().New(ctx, password); !stolen || missed {
		t.Error("a stolen password is not found")
	}
	if w.fake.Header("Add-Padding") != "true" || w.fake.Header("User-Agent") == "" {
		t.Error("the headers that the service wants are missing")
	}
	if stolen, missed := w.f.Passwords().New(ctx, "another one that nobody has"); stolen || missed {
		t.Error("an unknown password is stolen")
	}
	asked := w.fake.Asked("/range/")
	if w.f.Passwords().New(ctx, password); w.fake.Asked("/range/") != asked || asked != 2 {
		t.Error("it is asked twice for one range")
	}
	padded, err := readRange([]byte(SumOf("padding")[5:] + ":0\r\n" + SumOf("real")[5:] + ":7"))
	if err != nil || len(padded) != 1 || padded[0] != SumOf("real")[5:] {
		t.Error("padding counts", padded, err)
	}
	for _, mode := range []string{feedtest.Hang, feedtest.Quota, feedtest.Down, feedtest.Garbage, feedtest.TooLarge} {
		w.fake.Mode(mode)
		w.later(time.Hour)
		start := time.Now()
		if stolen, missed := w.f.Passwords().New(ctx, "a password for "+mode); stolen || !missed {
			t.Errorf("%s: %v %v", mode, stolen, missed)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: it was waited %s", mode, took)
		}
		if start = time.Now(); true { // it rests: nobody waits
			w.f.Passwords().New(ctx, "another password for "+mode)
		}
		if took := time.Since(start); took > 700*time.Millisecond {
			t.Errorf("%s: while it rests it was waited %s", mode, took)
		}
	}
}

// At a sign-in nothing is waited for: who asked hears of it later.
func TestStolenLater(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Tor.On = false })
	sum := SumOf("correct horse battery staple")
	w.fake.Stolen(sum)
	heard := make(chan bool, 1)
	if stolen, missed := w.f.Passwords().Proved(sum, func(stolen bool) { heard <- stolen }); stolen || !missed {
		t.Error("it was waited for")
	}
	select {
	case stolen := <-heard:
		if !stolen {
			t.Error("it is not stolen")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was heard")
	}
	if stolen, missed := w.f.Passwords().Proved(sum, nil); !stolen || missed {
		t.Error("it was forgotten")
	}
}

// A question that hangs while a later one is answered is lost alone: the service is asked on.
func TestStolenOneHangs(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Tor.On = false })
	ctx := context.Background()
	w.fake.Stolen(SumOf("a third one"))
	w.fake.Mode(feedtest.Hang)
	w.f.Passwords().Proved(SumOf("this one hangs"), nil)
	w.within("the question that hangs", func() bool { return w.fake.Asked("/range/") == 1 })
	w.fake.Mode(feedtest.Well)
	if _, missed := w.f.Passwords().New(ctx, "another one"); missed {
		t.Fatal("no answer")
	}
	w.within("the end of the question that hung", func() bool { return w.count(PwnedPasswords+" "+outcomeFailed) == 1 })
	if stolen, missed := w.f.Passwords().New(ctx, "a third one"); !stolen || missed {
		t.Error("the service is left alone after an old question failed")
	}
}

// A file, whole or of the beginnings of sums: every line is found, the first and the last too, and nothing else.
func TestStolenFile(t *testing.T) {
	var lines []string
	for i := range 2500 {
		lines = append(lines, SumOf(fmt.Sprint("stolen ", i)))
	}
	slices.Sort(lines)
	for name, line := range map[string]func(string) string{
		"whole": func(s string) string { return s + ":12\r\n" }, "sums": func(s string) string { return s + "\n" }, "beginnings": func(s string) string { return strings.ToLower(s[:16]) + "\n" },
	} {
		path := filepath.Join(t.TempDir(), "sums")
		var b strings.Builder
		for _, l := range lines {
			b.WriteString(line(l))
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, func(c *Config) { c.Tor.On, c.Passwords = false, Passwords{File: path} })
		for i := range 2500 {
			if stolen, missed := w.f.Passwords().New(context.Background(), fmt.Sprint("stolen ", i)); !stolen || missed {
				t.Fatalf("%s: line %d is not found", name, i)
			}
			if stolen, missed := w.f.Passwords().New(context.Background(), fmt.Sprint("kept ", i)); stolen || missed {
				t.Fatalf("%s: %d is found", name, i)
			}
		}
		if err := w.f.Close(); err != nil {
			t.Error(err)
		}
	}
	path := filepath.Join(t.TempDir(), "words")
	if err := os.WriteFile(path, []byte("password\n123456\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newStolen(Passwords{File: path}, Deps{}); err == nil {
		t.Error("a list of words is taken for a list of sums")
	}
}

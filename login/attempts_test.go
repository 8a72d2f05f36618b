package login

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func attempts(t *testing.T, a Allowance, c *clock) *Attempts {
	t.Helper()
	at, err := NewAttempts(a, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func perAccount() Allowance {
	return Allowance{Free: 5, First: 30 * time.Second, Longest: time.Hour, Leak: 24 * time.Hour, InARow: 100}
}

func TestWaitsGrowWithFailuresInARow(t *testing.T) {
	c := newClock()
	at := attempts(t, perAccount(), c)
	for i := range 5 {
		if ok, _ := at.Take("k"); !ok {
			t.Fatalf("attempt %d waited", i+1)
		}
	}
	for _, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute} {
		ok, wait := at.Take("k")
		if ok || wait != want {
			t.Fatalf("got %v %v, want to wait %v", ok, wait, want)
		}
		c.Add(wait)
		if ok, _ := at.Take("k"); !ok {
			t.Fatalf("still refused after %v", wait)
		}
	}
	if ok, _ := at.Take("other"); !ok {
		t.Error("one key's failures count for another")
	}
}

func TestNoWaitIsLongerThanItSays(t *testing.T) {
	c := newClock()
	at := attempts(t, perAccount(), c)
	made, day := 0, time.Duration(0)
	for made < 99 {
		ok, wait := at.Take("k")
		if ok {
			made++
			continue
		}
		if wait > time.Hour {
			t.Fatalf("attempt %d waits %v", made+1, wait)
		}
		c.Add(wait)
		day += wait
	}
	if day < 3*24*time.Hour {
		t.Errorf("99 attempts took only %v", day)
	}
	for {
		ok, wait := at.Take("k")
		if wait > time.Hour {
			if wait > longWait {
				t.Errorf("waits %v", wait)
			}
			break
		}
		if made++; ok && made > 110 {
			t.Fatal("more than a hundred in a row never wait long")
		}
		c.Add(wait)
	}
}

func TestParallelAttemptsAreCountedBeforeTheyAreJudged(t *testing.T) {
	at := attempts(t, perAccount(), newClock())
	var through atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if ok, _ := at.Take("k"); ok {
				through.Add(1)
			}
		})
	}
	wg.Wait()
	if through.Load() != 5 {
		t.Errorf("%d got through", through.Load())
	}
}

func TestGivenBackAttemptsCostNothing(t *testing.T) {
	at := attempts(t, perAccount(), newClock())
	for range 50 {
		if ok, _ := at.Take("k"); !ok {
			t.Fatal("an attempt that was given back still counts")
		}
		at.Give("k")
	}
	if at.Len() != 0 {
		t.Errorf("%d keys kept for nothing", at.Len())
	}
	at.Give("never seen")
}

func TestGivingBackOneForgivesOnlyThatOne(t *testing.T) {
	at := attempts(t, perAccount(), newClock())
	for range 5 {
		at.Take("k")
	}
	at.Give("k")
	if ok, _ := at.Take("k"); !ok {
		t.Error("the attempt that was given back is not there")
	}
	if ok, _ := at.Take("k"); ok {
		t.Error("giving back one forgave more")
	}
}

func TestClearForgives(t *testing.T) {
	at := attempts(t, perAccount(), newClock())
	for range 6 {
		at.Take("k")
	}
	at.Clear("k")
	at.Clear("never seen")
	if ok, _ := at.Take("k"); !ok {
		t.Error("still refused")
	}
}

func TestTimeForgives(t *testing.T) {
	c := newClock()
	at := attempts(t, Allowance{Free: 2, First: time.Second, Longest: time.Second, Leak: time.Minute}, c)
	at.Take("k")
	at.Take("k")
	c.Add(2 * time.Minute)
	for range 2 {
		if ok, _ := at.Take("k"); !ok {
			t.Fatal("nothing was forgiven")
		}
	}
	c.Add(-time.Hour)
	if ok, _ := at.Take("k"); ok {
		t.Error("a clock that was set back forgave")
	}
}

func TestTheAlarmRingsOncePerSeries(t *testing.T) {
	c := newClock()
	at := attempts(t, Allowance{Free: 2, First: time.Second, Longest: time.Second, Leak: time.Minute}, c)
	at.Take("k")
	if at.Alarm("k") || at.Alarm("never seen") {
		t.Error("alarm before the limit")
	}
	at.Take("k")
	if !at.Alarm("k") || at.Alarm("k") {
		t.Error("want one alarm")
	}
	c.Add(time.Hour)
	at.Take("k")
	at.Take("k")
	if !at.Alarm("k") {
		t.Error("a new series rings again")
	}
}

// DS07: memory is bounded, and a flood of fresh keys does not wash out the one that matters.
func TestAFloodOfKeysKeepsTheHeldOnes(t *testing.T) {
	a := perAccount()
	a.MaxKeys = 100
	at := attempts(t, a, newClock())
	for range 5 {
		at.Take("victim")
	}
	for i := range 10_000 {
		at.Take("flood" + strconv.Itoa(i))
	}
	if at.Len() > 100 {
		t.Errorf("%d keys held", at.Len())
	}
	if ok, _ := at.Take("victim"); ok {
		t.Error("the flood forgave the victim's guesser")
	}
}

func TestAllowancesThatCannotBeKept(t *testing.T) {
	good := perAccount()
	for name, change := range map[string]func(*Allowance){
		"no free":         func(a *Allowance) { a.Free = 0 },
		"no wait":         func(a *Allowance) { a.First = 0 },
		"shrinking waits": func(a *Allowance) { a.Longest = time.Second },
		"never forgets":   func(a *Allowance) { a.Leak = 0 },
		"negative keys":   func(a *Allowance) { a.MaxKeys = -1 },
	} {
		a := good
		change(&a)
		if _, err := NewAttempts(a, time.Now); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSettingsThatAreLeftOutKeepTheirDefaults(t *testing.T) {
	got := Allowance{Free: 9, InARow: -1}.Or(perAccount())
	if got.Free != 9 || got.InARow != -1 || got.First != 30*time.Second || got.Longest != time.Hour || got.Leak != 24*time.Hour {
		t.Errorf("%+v", got)
	}
}

package drills

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/feeds"
	"github.com/jedan-auth/jedan-auth/storage"
)

// missing is how many messages have not arrived that the server said it sends.
func (h *hung) missing() (n int) {
	got := map[string]int{}
	for _, to := range h.out.messages() {
		got[to]++
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for to, owed := range h.owed {
		n += max(0, owed-got[to])
	}
	return n
}

// arrive waits until every message has. Attempts that hang end by themselves; the pauses after them are skipped.
func (h *hung) arrive() {
	h.t.Helper()
	skip := time.Second
	if h.full {
		skip = 11 * time.Second // longer than the mail server is waited for
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for next, end := time.Now().Add(skip), time.Now().Add(2*patience); h.missing() > 0; <-tick.C {
		if time.Now().After(end) {
			h.t.Fatalf("%d messages have not arrived\n%s", h.missing(), h.nodes[0].log())
		}
		if time.Now().After(next) {
			h.later(70 * time.Second) // and past the leases of the dead
			next = time.Now().Add(6 * time.Second)
		}
	}
}

// feedsAnswer signs one person in, in one browser and from one address, until a verdict names no feed: those that failed are left alone for a while, which is skipped.
func (h *hung) feedsAnswer() {
	h.t.Helper()
	h.begin(phaseBetween)
	p, v := h.newcomer(), h.newVisitor(newJar())
	h.asked[p.email]++
	db := h.open((&clock{}).now)
	defer db.shut(h.t)
	for end := time.Now().Add(2 * patience); ; {
		if err := v.signIn(p); err != nil {
			h.t.Fatal(err)
		}
		all, err := db.DB.RiskVerdicts(context.Background(), db.Tenant, storage.RiskFilter{Person: p.id, Limit: 1})
		if err != nil || len(all) != 1 {
			h.t.Fatalf("%d verdicts: %v", len(all), err)
		}
		missed := h.detail(db, &all[0]).Missed
		if len(missed) == 0 {
			h.owed[p.email]++
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("feeds that are well are missed: %v", missed)
		}
		h.later(15 * time.Second)
		time.Sleep(200 * time.Millisecond)
		v.b.http.Jar = withoutSession(v.b.http.Jar)
	}
}

func (h *hung) detail(db *beside, v *storage.RiskVerdict) risk.Detail {
	h.t.Helper()
	d, err := risk.OpenVerdict(db.Ring, v)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// check compares what was asked for with what the server kept of it and with what arrived, and reads every verdict.
func (h *hung) check() string {
	h.t.Helper()
	db := h.open((&clock{}).now)
	defer db.shut(h.t)
	h.wholeOutbox(db)
	got, messages := map[string]int{}, h.out.messages()
	for _, to := range messages {
		got[to]++
	}
	for _, to := range slices.Sorted(maps.Keys(got)) {
		if n := got[to]; n < h.owed[to] || n > h.asked[to] {
			h.t.Errorf("%s has %d messages; %d were asked for and %d promised", to, n, h.asked[to], h.owed[to])
		}
	}
	return fmt.Sprintf("%d messages arrived (%d of them twice); %s", len(messages), h.out.repeat, h.verdicts(db))
}

// wholeOutbox: every row was delivered, and everything that arrived is a row.
func (h *hung) wholeOutbox(db *beside) {
	h.t.Helper()
	messages, rows := h.out.messages(), map[string]bool{}
	for after := (storage.ID{}); ; {
		some, err := db.DB.Outbox(context.Background(), db.Tenant, storage.OutboxFilter{After: after, Limit: 500})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, m := range some {
			rows[m.ID.String()] = true
			if _, arrived := messages[m.ID.String()]; m.State != storage.OutboxDelivered || !arrived {
				h.t.Errorf("a message (%s) is %s after %d attempts (%s), and has arrived: %v", m.Kind, m.State, m.Attempts, m.Status, arrived)
			}
			after = m.ID
		}
		if len(some) == 0 {
			break
		}
	}
	for id := range messages {
		if !rows[id] {
			h.t.Errorf("a message arrived that nobody wrote: %s", id)
		}
	}
}

// verdicts: those of sign-ins while the providers hung name each feed, and none that had answered. The list of Tor's exits is known until the server dies.
func (h *hung) verdicts(db *beside) string {
	h.t.Helper()
	want := map[string][]string{phaseHung: {feeds.AbuseIPDB, feeds.OTX, feeds.PwnedPasswords, feeds.VirusTotal}}
	want[phaseReborn] = slices.Sorted(slices.Values(append([]string{feeds.TorExits}, want[phaseHung]...)))
	found := map[string]int{}
	for before := (storage.ID{}); ; {
		some, err := db.DB.RiskVerdicts(context.Background(), db.Tenant, storage.RiskFilter{Before: before, Limit: 500})
		if err != nil {
			h.t.Fatal(err)
		}
		for i := range some {
			before = some[i].ID
			d := h.detail(db, &some[i])
			phase := h.seen[d.IP.String()]
			if some[i].Act != risk.SignIn || phase == "" {
				continue
			}
			found[phase]++
			missed := slices.Sorted(slices.Values(d.Missed))
			if all := want[phase]; all != nil && !slices.Equal(missed, all) {
				h.t.Errorf("a verdict while the providers are %s names %v, want %v", phase, missed, all)
			}
		}
		if len(some) == 0 {
			break
		}
	}
	for phase := range want {
		if found[phase] == 0 {
			h.t.Errorf("no verdict while the providers are %s", phase)
		}
	}
	return fmt.Sprintf("%d verdicts without any feed, %d of them named %s", found[phaseHung]+found[phaseReborn], found[phaseReborn], strings.Join(want[phaseReborn], ", "))
}

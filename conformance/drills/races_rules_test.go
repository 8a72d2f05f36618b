package drills

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

func nonceAt(g *storage.Grant) seal.Location { return core.NonceAt(g) }

// raceCode: exactly one request gets tokens. The others are reuse (RFC 6749 section 4.1.2), so the grant ends, and with it all that the winner got:
// whoever shares a code with somebody else must not go on.
func (a *arena) raceCode(r *runner) {
	a.t.Helper()
	a.codes++
	granted, refused := a.race(a.codeForm(r))
	if len(granted) != 1 || len(refused) != runners-1 {
		a.t.Fatalf("a code was won %d times and refused %d times", len(granted), len(refused))
	}
	a.ended(r, "code_reuse", granted[0].text("access_token"), granted[0].text("refresh_token"))
	a.events(r, map[string]int{"grant.redeem": 1, "grant.reuse": 1})
}

// raceKept: a client that keeps its refresh token gets it back every time, and it goes on working.
func (a *arena) raceKept(r *runner) {
	a.t.Helper()
	a.kept++
	granted, _ := a.race(a.refreshForm(r, r.token))
	a.same(granted)
	if len(granted) == runners && granted[0].text("refresh_token") != r.token {
		a.t.Error("a kept refresh token was replaced")
	}
	if x := a.volley.once(1, "/oauth2/token", a.refreshForm(r, r.token)); x.status != http.StatusOK {
		a.t.Errorf("a kept refresh token no longer works: %v", x)
	}
	a.events(r, nil)
}

// raceRotation: within the grace every request is an honest retry and gets the same successor. The successor is raced for in turn; then the grant
// ends, by a token older than the predecessor now, by the predecessor after the grace, or not at all.
func (a *arena) raceRotation(r *runner) {
	a.t.Helper()
	first := r.token
	second := a.rotation(r, first)
	if a.rnd.IntN(2) == 0 {
		if x := a.volley.once(0, "/oauth2/token", a.refreshForm(r, first)); x.text("refresh_token") != second {
			a.t.Errorf("a late retry within the grace: %v", x)
		}
	}
	third := a.rotation(r, second)
	switch a.rnd.IntN(3) {
	case 0:
		a.refuse(r, first)
		a.ended(r, "refresh_reuse", "", third)
		a.events(r, map[string]int{"grant.reuse": 1})
	case 1:
		a.late = append(a.late, lateCheck{r, second, third})
	default:
		if x := a.volley.once(1, "/oauth2/token", a.refreshForm(r, third)); x.status != http.StatusOK || x.text("refresh_token") == third {
			a.t.Errorf("the successor of a race does not work: %v", x)
		}
	}
}

func (a *arena) rotation(r *runner, token string) (successor string) {
	a.t.Helper()
	a.rotations++
	granted, refused := a.race(a.refreshForm(r, token))
	if len(refused) > 0 {
		a.t.Fatalf("%d of %d honest retries were refused", len(refused), runners)
	}
	a.same(granted)
	successor = granted[0].text("refresh_token")
	if successor == token || successor == "" {
		a.t.Fatalf("no successor: %v", granted[0])
	}
	before, _ := a.db.tokens.ParseRefresh(token)
	after, ok := a.db.tokens.ParseRefresh(successor)
	if row := a.row(r); !ok || after.Generation != before.Generation+1 || row.Generation != after.Generation {
		a.t.Errorf("one race, but the generation went from %d to %d", before.Generation, row.Generation)
	}
	return successor
}

// same wants one and the same refresh token in every answer.
func (a *arena) same(granted []answer) {
	a.t.Helper()
	different := map[string]bool{}
	for _, x := range granted {
		different[x.text("refresh_token")] = true
	}
	if len(granted) != runners || len(different) != 1 {
		a.t.Errorf("%d of %d requests were answered, with %d different refresh tokens", len(granted), runners, len(different))
	}
}

// lateCheck is a predecessor, which ends the grant once the grace is over, and its successor.
type lateCheck struct {
	*runner
	predecessor, successor string
}

func (a *arena) afterGrace() {
	a.t.Helper()
	if len(a.late) == 0 {
		return
	}
	a.clock.ahead.Add(int64(afterGrace))
	a.sendClock(afterGrace)
	for _, l := range a.late {
		a.refuse(l.runner, l.predecessor)
		a.ended(l.runner, "refresh_reuse", "", l.successor)
		a.events(l.runner, map[string]int{"grant.reuse": 1})
	}
	a.late = nil
}

func (a *arena) refuse(r *runner, token string) {
	a.t.Helper()
	if x := a.volley.once(a.rnd.IntN(runners), "/oauth2/token", a.refreshForm(r, token)); !x.refused("invalid_grant") {
		a.t.Errorf("an old refresh token was accepted: %v", x)
	}
}

// ended wants the grant revoked for the reason, and its tokens worthless on every server.
func (a *arena) ended(r *runner, reason, access, refresh string) {
	a.t.Helper()
	for i := range a.nodes { // lane i leads to node i
		if x := a.volley.once(i, "/oauth2/token", a.refreshForm(r, refresh)); !x.refused("invalid_grant") {
			a.t.Errorf("the refresh token of an ended grant works at node %d: %v", i, x)
		}
		if access == "" {
			continue
		}
		if x := a.volley.once(i, "/oauth2/userinfo", url.Values{"access_token": {access}}); x.status != http.StatusUnauthorized {
			a.t.Errorf("the access token of an ended grant works at node %d: %v", i, x)
		}
	}
	if row := a.row(r); row.RevokedAt == nil || row.Reason != reason {
		a.t.Errorf("the grant is not ended by %s but %v %q", reason, row.RevokedAt, row.Reason)
	}
}

func (a *arena) row(r *runner) *storage.Grant {
	a.t.Helper()
	g, err := a.db.DB.GrantByID(context.Background(), a.db.Tenant, r.grant.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	return g
}

// events wants exactly these about the grant. Where every token is an event, so is every rotation.
func (a *arena) events(r *runner, want map[string]int) {
	a.t.Helper()
	want = maps.Clone(want)
	if row := a.row(r); r.client == a.audited && row.Generation > 1 {
		want["grant.refresh"] = int(row.Generation - 1)
	}
	evs, err := a.db.DB.AuditEvents(context.Background(), a.db.Tenant, storage.AuditFilter{Target: "grant:" + r.grant.ID.String(), Limit: 100})
	if err != nil {
		a.t.Fatal(err)
	}
	got := map[string]int{}
	for _, ev := range evs {
		got[ev.Type]++
	}
	if !maps.Equal(got, want) {
		a.t.Errorf("events %v, want %v (%v)", got, want, slices.Sorted(maps.Keys(got)))
	}
}

package drills

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

const (
	killWorkers = 8
	readyWithin = 2 * time.Second
	recheck     = 5 // older rows of each kind that a round looks at again
)

// patientTokens let a round outlast a slow machine: neither a code nor a grace must run out between a kill and the look at what is left.
func patientTokens() []string {
	return []string{"JEDAN_TOKENS__REFRESH_GRACE=1m", "JEDAN_TOKENS__CODE_LIFETIME=10m"}
}

func TestKillOnSQLite(t *testing.T)   { kills(t, onSQLite, 3) }
func TestKillOnPostgres(t *testing.T) { kills(t, onPostgres, 4) }

// kills ends a server at random moments under load. What the parent was answered must be there when it is back.
func kills(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	rnd := set.choices(who)
	c := newCluster(t, kind, patientTokens()...).boot(size(kind))
	l, hash := newLedger(), cheapHash(t)
	var slowest time.Duration
	begun := time.Now()
	for range set.kills {
		from, x := l.marks(), c.nodes[rnd.IntN(len(c.nodes))]
		c.killUnderLoad(l, x, hash, rnd)
		slowest = max(slowest, x.start())
		c.inspect(l, c.nodes[rnd.IntN(len(c.nodes))], from, from, recheck, rnd)
		if t.Failed() {
			t.Fatal(x.log())
		}
	}
	found := c.inspect(l, c.nodes[0], marks{}, l.marks(), 0, rnd)
	set.report(t, run{drill: "kill -9", database: kind, begun: begun, size: fmt.Sprintf("%d kills, %d process(es)", set.kills, len(c.nodes)), figures: fmt.Sprintf(
		"%d answers; at the end %s; ready again within %d ms", l.answers, figures(found), slowest.Milliseconds())})
	if set.full && slowest > readyWithin {
		t.Errorf("it took %v until a killed server was ready, want %v", slowest, readyWithin)
	}
}

// killUnderLoad kills after so many answers and a moment more: right after an answer would always be right after a commit.
func (c *cluster) killUnderLoad(l *ledger, x *node, hash string, rnd *rand.Rand) {
	c.t.Helper()
	ld := startLoad(c, l, hash, killWorkers, rnd)
	ld.await(l.count() + 1 + rnd.IntN(100))
	<-time.After(time.Duration(rnd.IntN(5000)) * time.Microsecond)
	x.current().kill()
	ld.rest()
}

// cheapHash is testkit.Password's, as weak as the children hash.
func cheapHash(t *testing.T) string {
	t.Helper()
	h, err := password.New(password.Config{Params: password.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}})
	if err != nil {
		t.Fatal(err)
	}
	phc, err := h.Hash(context.Background(), testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

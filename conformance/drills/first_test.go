package drills

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

func TestKillDuringFirstStartOnSQLite(t *testing.T)   { killFirst(t, onSQLite, 11) }
func TestKillDuringFirstStartOnPostgres(t *testing.T) { killFirst(t, onPostgres, 12) }

// killFirst kills a server somewhere in its first start on an empty folder and database, once or twice. The next start completes what there is.
func killFirst(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	rnd := set.choices(who)
	begun := time.Now()
	whole := newSchema(t, kind).first().start()
	rounds := max(3, set.kills/4) // the schema is made in each
	for round := range rounds {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			c := newSchema(t, kind)
			x := c.first()
			for range 1 + rnd.IntN(2) {
				p := x.launch()
				<-time.After(time.Duration(rnd.Int64N(int64(whole) * 5 / 4)))
				p.kill()
			}
			x.start()
			l := newLedger()
			h := newHand(l, x, cheapHash(t))
			defer h.rest()
			aGrant(t, h)
			c.inspect(l, x, marks{}, marks{}, 0, rnd)
			c.wholeKeys(time.Now)
			if t.Failed() {
				t.Log(x.log())
			}
		})
	}
	set.report(t, run{drill: "kill during the first start", database: kind, begun: begun, size: fmt.Sprintf("%d starts", rounds), figures: "a whole start took " + whole.Round(time.Millisecond).String()})
}

// newSchema is a cluster in a schema of its own, which costs PostgreSQL much less than a database.
func newSchema(t *testing.T, kind string) *cluster {
	t.Helper()
	c := newCluster(t, onSQLite)
	if c.kind = kind; kind == onPostgres {
		c.dsn = gormtest.PostgresDSN(t)
	}
	return c
}

// first is the cluster's first node, not started.
func (c *cluster) first() *node {
	x := &node{cluster: c, name: "a"}
	c.nodes = append(c.nodes, x)
	return x
}

// wholeKeys wants one key that signs now for each algorithm: two starts made them, or parts of them.
func (c *cluster) wholeKeys(now func() time.Time) {
	c.t.Helper()
	db := c.open(now)
	defer db.shut(c.t)
	rows, err := db.DB.SigningKeys(c.t.Context(), db.Tenant)
	if err != nil {
		c.t.Fatal(err)
	}
	signing := map[string]int{}
	for _, k := range rows {
		if !k.ActivatesAt.After(now()) && (k.RetiresAt == nil || k.RetiresAt.After(now())) {
			signing[k.Algorithm]++
		}
	}
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		if signing[alg] != 1 {
			c.t.Errorf("%d keys sign %s", signing[alg], alg)
		}
	}
}

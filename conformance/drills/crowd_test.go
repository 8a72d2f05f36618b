package drills

import (
	"context"
	"fmt"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

const (
	crowd        = 50
	crowdAnswers = 600
)

// TestFiftyAtOnceOnSQLite: fifty people at a time, and a command line that writes beside the server, never meet a busy database (RL18). A worker takes
// any answer but the right one for an error.
func TestFiftyAtOnceOnSQLite(t *testing.T) {
	set := readSettings(t)
	rnd := set.choices(13)
	c := newCluster(t, onSQLite, patientTokens()...).boot(1)
	l := newLedger()
	ld := startLoad(c, l, cheapHash(t), crowd, rnd)
	db := c.open((&clock{}).now)
	for i := 0; l.count() < crowdAnswers && !t.Failed(); i++ {
		_, err := db.Directory.Create(context.Background(), db.Tenant, directory.NewPerson{Claims: directory.Claims{"email": fmt.Sprintf("beside%d@example.org", i)}}, testkit.Operator())
		if err != nil {
			t.Error(err)
		}
		ld.await(min(l.count()+1, crowdAnswers))
	}
	db.shut(t)
	ld.rest()
	c.inspect(l, c.nodes[0], marks{}, marks{}, 0, rnd)
}

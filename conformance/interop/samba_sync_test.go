//go:build interop

package interop

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
)

// listed is what a sync reported.
type listed struct {
	all  map[string]federation.SyncEntry // by user name
	gone []string
	end  *federation.SyncEnd
	full bool
}

// list runs a sync from a cursor.
func list(t *testing.T, c federation.Connector, cursor []byte) listed {
	t.Helper()
	out := listed{all: map[string]federation.SyncEntry{}}
	end, err := c.(federation.Syncer).Sync(t.Context(), cursor, false, func(_ context.Context, p federation.SyncPage) error {
		out.full, out.gone = p.Full, append(out.gone, p.Gone...)
		for _, e := range p.Entries {
			out.all[e.Attributes["preferred_username"]] = e
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out.end = end
	return out
}

// syncs lists everybody, then what has changed.
func syncs(t *testing.T, s *samba, c federation.Connector, ok func(what string, good bool, got any)) {
	t.Helper()
	first := list(t, c, nil)
	all := first.all
	ok("a full sync of 3,000 under the limit of 1,000 a page", first.full && len(all) > 3000, len(all))
	ok("a full sync says who is disabled, locked and expired", all["off"].Off == "disabled" && all["change"].Off == "locked" && all["ended"].Off == "expired" && all["alice"].Off == "",
		fmt.Sprint(all["off"], all["change"], all["ended"], all["alice"]))
	key := all["alice"].Key
	s.must("user", "disable", "alice")
	next := list(t, c, first.end.Cursor)
	ok("an incremental sync by uSNChanged", !next.full && len(next.all) < len(all) && next.all["alice"].Off == "disabled", fmt.Sprint(next))
	s.must("user", "delete", "alice")
	last := list(t, c, next.end.Cursor)
	ok("a tombstone", !last.full && slices.Contains(last.gone, key), last.gone)
	absent, err := c.(federation.Syncer).Absent(t.Context(), []string{key, all["off"].Key})
	ok("who is asked for and gone", err == nil && slices.Equal(absent, []string{key}), absent)
}

package ldap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
)

// adGroups are the groups of an Active Directory.
const adGroups = "(objectClass=group)"

const (
	// groupsBack is how far before the latest change the question for changes begins: a change that began before it may be written, or reach this server, after it.
	groupsBack = 2 * time.Minute
	// groupsCounted is how often the names of all groups are asked for, without members: a group that was deleted or moved away is not among those that changed.
	groupsCounted = 5 * time.Minute
)

// groupCursor is what the groups looked like when they were read last.
type groupCursor struct {
	Server  string    `json:"server"`         // as cursor.Server
	Config  string    `json:"config"`         // what was read
	USN     int64     `json:"usn,omitempty"`  // of the server, in Active Directory
	From    string    `json:"from,omitempty"` // where the question for changes begins: entryCSN, or modifyTimestamp
	Latest  string    `json:"latest,omitempty"`
	Recent  string    `json:"recent"` // mark of the groups that the question finds while nothing changes
	Names   string    `json:"names"`  // mark of all their names
	Counted time.Time `json:"counted"`
	Again   bool      `json:"again,omitempty"` // stamps are whole seconds: one that is new says nothing about the rest of its second
}

// groupMarks gathers what a cursor says.
type groupMarks struct {
	latest string
	names  mark
	recent []recentGroup
}

type recentGroup struct {
	stamp string
	mark  mark
}

// stamped is an entry's latest change, in words that sort.
func (c *connector) stamped(e *goldap.Entry) string {
	if c.ad() {
		return fmt.Sprintf("%020d", number(e, "uSNChanged"))
	}
	if csn := e.GetEqualFoldAttributeValue("entryCSN"); csnShape.MatchString(csn) {
		return csn
	}
	return stampOf(e)
}

// meet takes a group into account.
func (m *groupMarks) meet(c *connector, e *goldap.Entry) {
	at := c.stamped(e)
	m.latest = max(m.latest, at)
	m.names = m.names.add(markDN(e.DN))
	m.recent = append(m.recent, recentGroup{at, markOf("group", folded(e.DN)+"\x00"+at)})
}

// backFrom is where the question begins after the latest change.
func (c *connector) backFrom(latest string) string {
	if c.ad() || latest == "" {
		return latest
	}
	if csnShape.MatchString(latest) {
		if at, err := time.Parse(csnTime, latest[:22]); err == nil {
			return at.Add(-groupsBack).UTC().Format(csnTime) + "#000000#000#000000"
		}
	}
	if at, err := time.Parse(generalised, latest); err == nil {
		return at.Add(-groupsBack).UTC().Format(generalised)
	}
	return latest
}

// sum is the mark of those that the question finds.
func (m *groupMarks) sum(from string) string {
	n, all := 0, mark{}
	for _, r := range m.recent {
		if r.stamp >= from {
			n, all = n+1, all.add(r.mark)
		}
	}
	return fmt.Sprintf("%d %x", n, all)
}

// ListGroups implements federation.GroupLister.
func (c *connector) ListGroups(ctx context.Context, last []byte, full bool, step func(ctx context.Context) error) (*federation.GroupList, error) {
	if c.c.Groups == nil {
		return nil, nil //nolint:nilnil // there are none to list
	}
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	var was groupCursor
	if len(last) > 0 && json.Unmarshal(last, &was) != nil {
		was = groupCursor{}
	}
	w, err := c.dialBound(ctx, c.server(ctx, cursor{Server: was.Server}))
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }()
	defer w.guard(ctx)()
	w.SetTimeout(time.Minute)
	out, err := c.listGroups(ctx, w, was, full, step)
	return out, said(err)
}

func (c *connector) listGroups(ctx context.Context, w *wire, was groupCursor, full bool, step func(ctx context.Context) error) (*federation.GroupList, error) {
	is, err := c.beginGroups(w)
	if err != nil {
		return nil, err
	}
	if !full && !was.Again && was.Server == is.Server && was.Config == is.Config && was.USN <= is.USN {
		changed, err := c.groupsChanged(ctx, w, &was, &is)
		if err != nil || !changed {
			raw, _ := json.Marshal(was) // a struct of plain fields
			return &federation.GroupList{Cursor: raw}, err
		}
	}
	r, marks, err := c.readRoster(ctx, w, step)
	if err != nil {
		return nil, err
	}
	is.Latest, is.From, is.Counted, is.Names = marks.latest, c.backFrom(marks.latest), c.d.Now(), fmt.Sprintf("%x", marks.names)
	if c.ad() { // what changes while the groups are read comes again
		is.From = fmt.Sprintf("%020d", is.USN+1)
	}
	is.Again = !c.ad() && !csnShape.MatchString(is.Latest) && is.Latest != was.Latest
	is.Recent = marks.sum(is.From)
	raw, err := json.Marshal(is)
	return &federation.GroupList{Cursor: raw, Read: true, Count: r.known, Members: func(ctx context.Context, keys []string) ([]*federation.Identity, error) {
		return c.membersOf(ctx, r, keys)
	}}, err
}

// beginGroups says what is asked, and of whom.
func (c *connector) beginGroups(w *wire) (groupCursor, error) {
	g, to := c.c.Groups, c.graph()
	sum := sha256.Sum256([]byte(strings.Join([]string{
		c.c.BaseDN, c.c.UserFilter, c.c.KeyAttribute, g.BaseDN, g.Filter, g.Attribute, g.Mode, to.base, to.filter, strconv.FormatBool(g.Nested), strconv.FormatBool(g.Primary),
	}, "\n")))
	is := groupCursor{Server: w.at.address(), Config: hex.EncodeToString(sum[:8])}
	if !c.ad() {
		return is, nil
	}
	id, usn, err := controller(w)
	is.Server, is.USN = is.Server+" "+id, usn
	return is, err
}

// groupsChanged asks one question: which groups have changed since. Now and then it asks for all names too.
func (c *connector) groupsChanged(ctx context.Context, w *wire, was, is *groupCursor) (bool, error) {
	if c.ad() && was.USN == is.USN { // nothing has been written there
		return false, nil
	}
	if !c.ad() && was.From == "" { // there was no group, or none that says when it changed
		return true, nil
	}
	recent, err := c.askGroups(ctx, w, c.sinceGroups(was.From))
	if err != nil || recent.sum(was.From) != was.Recent {
		return true, err
	}
	if c.d.Now().Sub(was.Counted) < groupsCounted {
		return false, nil
	}
	all, err := c.askGroups(ctx, w, "")
	was.Counted = c.d.Now()
	return fmt.Sprintf("%x", all.names) != was.Names, err
}

func (c *connector) sinceGroups(from string) string {
	switch {
	case c.ad():
		return "(uSNChanged>=" + strings.TrimLeft(from, "0") + ")"
	case csnShape.MatchString(from):
		return "(entryCSN>=" + from + ")"
	}
	return "(modifyTimestamp>=" + from + ")"
}

func (c *connector) askGroups(ctx context.Context, w *wire, since string) (*groupMarks, error) {
	to, m := c.graph(), &groupMarks{}
	if since != "" {
		to.filter = "(&" + to.filter + since + ")"
	}
	err := streamed(ctx, w, to, []string{"modifyTimestamp", "entryCSN", "uSNChanged"}, c.c.PageSize, func(e *goldap.Entry) error {
		m.meet(c, e)
		return nil
	})
	return m, err
}

// membersOf looks some people up, and says what a re-check would: their groups come from the roster. Who is not found, may not sign in or has too many groups is
// left out.
func (c *connector) membersOf(ctx context.Context, r *roster, keys []string) (out []*federation.Identity, err error) {
	want := make(map[string]bool, len(keys))
	for _, key := range keys {
		want[key] = true
	}
	err = c.pool.with(ctx, server{}, func(w *wire) error {
		out = nil
		for batch := range slices.Chunk(keys, perFilter) {
			var parts strings.Builder
			for _, key := range batch {
				parts.WriteString(c.keyFilter(key))
			}
			if parts.Len() == 0 {
				continue
			}
			to := wanted{c.c.BaseDN, "(&" + c.c.UserFilter + "(|" + parts.String() + "))"}
			policy := c.readPolicy(w)
			if err := pages(w, to, c.attributes(), c.c.PageSize, nil, func(found []*goldap.Entry) error {
				for _, e := range found {
					if !want[c.keyOf(e)] || c.state(e, policy).off != "" {
						continue
					}
					names, ok, err := r.of(c, w, e)
					if err != nil {
						return err
					}
					if ok {
						out = append(out, c.identity(e, names))
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

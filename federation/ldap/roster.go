package ldap

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sort"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Bounds of what one reading of all groups keeps: 20 bytes for a membership, about 150 for a group.
const (
	maxRoster      = 100_000   // groups
	maxMemberships = 2_000_000 // members of all of them
)

// roster is who is in which groups of a directory, in memory: what one person's sign-in asks for, for everybody.
type roster struct {
	byDN   map[mark]int32
	bySID  map[mark]int32 // where primary groups count
	groups []rosterGroup
	edges  []edge // sorted by member once all are there
	known  int    // groups with a name: those that the connector wants
}

type rosterGroup struct {
	name string // empty: it only leads to others
	self mark
}

type edge struct {
	member mark
	group  int32
}

// later is a group whose members come in parts.
type later struct {
	dn, attribute string
	group         int32
	next          int
}

// readRoster reads every group once, in pages, and what is left of long ones in parts.
func (c *connector) readRoster(ctx context.Context, w *wire, step func(ctx context.Context) error) (*roster, groupMarks, error) {
	r, marks := &roster{byDN: map[mark]int32{}, bySID: map[mark]int32{}}, groupMarks{}
	var long []later
	err := streamed(ctx, w, c.graph(), c.rosterAttributes(), c.c.PageSize, func(e *goldap.Entry) error {
		marks.meet(c, e)
		more, err := r.group(c, e)
		long = append(long, more...)
		if err == nil && len(r.groups)%c.c.PageSize == 0 {
			err = step(ctx)
		}
		return err
	})
	if err != nil {
		return nil, marks, err
	}
	for _, l := range long {
		if err := step(ctx); err != nil {
			return nil, marks, err
		}
		if err := rest(w, l.dn, l.attribute, l.next, func(part []string) error { return r.members(l.attribute, l.group, part) }); err != nil {
			return nil, marks, err
		}
	}
	if err := c.nameRoster(ctx, w, r); err != nil {
		return nil, marks, err
	}
	r.sort()
	return r, marks, nil
}

func (r *roster) sort() {
	slices.SortFunc(r.edges, func(a, b edge) int {
		return cmp.Or(bytes.Compare(a.member[:], b.member[:]), cmp.Compare(a.group, b.group))
	})
}

// graph is where the groups are that lead from one to another. In Active Directory's own chain those are all of the domain (MS-ADTS section 3.1.1.3.4.4.3), whichever
// of them count here.
func (c *connector) graph() wanted {
	g := c.c.Groups
	if g.Mode == modeInChain {
		return wanted{domainOf(g.BaseDN), adGroups}
	}
	return wanted{g.BaseDN, g.Filter}
}

// wider says that the graph has groups that do not count here by themselves.
func (c *connector) wider() bool { return c.graph() != wanted{c.c.Groups.BaseDN, c.c.Groups.Filter} }

func (c *connector) rosterAttributes() []string {
	out := append([]string{c.c.Groups.Attribute, "modifyTimestamp", "entryCSN", "uSNChanged"}, c.memberDNs()...)
	if !c.ad() {
		out = append(out, byUID)
	}
	if c.c.Groups.Primary {
		out = append(out, "objectSid")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// group takes one over, and says what of it is still to be read.
func (r *roster) group(c *connector, e *goldap.Entry) (long []later, err error) {
	self := markDN(e.DN)
	if _, twice := r.byDN[self]; twice {
		return nil, nil
	}
	if len(r.groups) == maxRoster {
		return nil, tooLarge()
	}
	n := int32(len(r.groups)) //nolint:gosec // at most maxRoster
	one := rosterGroup{self: self}
	if !c.wider() {
		one.name = c.groupName(e)
		r.known++
	}
	r.groups = append(r.groups, one)
	r.byDN[self] = n
	if sid := e.GetEqualFoldRawAttributeValue("objectSid"); len(sid) > 0 {
		r.bySID[markOf("sid", string(sid))] = n
	}
	for _, a := range append(c.memberDNs(), byUID) {
		part, next, last := ranged(e, a)
		if err := r.members(a, n, part); err != nil {
			return nil, err
		}
		if !last {
			long = append(long, later{e.DN, a, n, next})
		}
	}
	return long, nil
}

func (r *roster) members(attribute string, group int32, part []string) error {
	if len(r.edges)+len(part) > maxMemberships {
		return tooLarge()
	}
	for _, v := range part {
		m := markOf("uid", v)
		if attribute != byUID {
			m = markDN(v)
		}
		r.edges = append(r.edges, edge{m, group})
	}
	return nil
}

// nameRoster says which groups of a wider graph count here.
func (c *connector) nameRoster(ctx context.Context, w *wire, r *roster) error {
	g := c.c.Groups
	if !c.wider() {
		return nil
	}
	return streamed(ctx, w, wanted{g.BaseDN, g.Filter}, []string{g.Attribute}, c.c.PageSize, func(e *goldap.Entry) error {
		r.known++
		if n, ok := r.byDN[markDN(e.DN)]; ok {
			r.groups[n].name = c.groupName(e)
		}
		return nil
	})
}

// of are the names of somebody's groups, as groupsOf asks for them; false: there are too many to say.
func (r *roster) of(c *connector, w *wire, e *goldap.Entry) (names []string, ok bool, err error) {
	level, err := r.direct(c, w, e)
	if err != nil {
		return nil, false, err
	}
	g := c.c.Groups
	seen := make(map[int32]bool, len(level))
	for depth := 0; len(level) > 0 && (depth == 0 || g.Mode == modeInChain || g.Nested && depth <= maxDepth); depth++ {
		var next []int32
		for _, n := range level {
			if seen[n] {
				continue
			}
			if seen[n] = true; len(seen) > maxGroups {
				return nil, false, nil
			}
			if r.groups[n].name != "" {
				names = append(names, r.groups[n].name)
			}
			next = append(next, r.holders(r.groups[n].self)...)
		}
		level = next
	}
	slices.Sort(names)
	return slices.Compact(names), true, nil
}

// direct are the groups that somebody is in themselves.
func (r *roster) direct(c *connector, w *wire, e *goldap.Entry) (out []int32, err error) {
	g := c.c.Groups
	if n, ok := r.bySID[markOf("sid", string(primarySID(e)))]; ok {
		out = append(out, n)
	}
	if g.Mode == modeMemberOf {
		all, err := values(w, e, "memberOf")
		for _, dn := range all {
			if n, ok := r.byDN[markDN(dn)]; ok {
				out = append(out, n)
			}
		}
		return out, err
	}
	out = append(out, r.holders(markDN(e.DN))...)
	if uid := text(e, "uid"); uid != "" && !c.ad() {
		out = append(out, r.holders(markOf("uid", uid))...)
	}
	return out, nil
}

// holders are the groups of which m is a member.
func (r *roster) holders(m mark) (out []int32) {
	from := sort.Search(len(r.edges), func(i int) bool { return bytes.Compare(r.edges[i].member[:], m[:]) >= 0 })
	for _, one := range r.edges[from:] {
		if one.member != m {
			break
		}
		out = append(out, one.group)
	}
	return out
}

// tooLarge is a directory with more groups, or members, than a sync keeps.
func tooLarge() error {
	return errs.New(errs.TooLarge, "The directory has more groups, or members of groups, than a sync reads.")
}

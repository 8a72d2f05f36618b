package ldap

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// Bounds of the groups of one person.
const (
	maxDepth  = 16
	maxGroups = 4000
	perFilter = 50 // names in one filter: a query per level and fifty groups, not per group
)

// inChain is LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS section 3.1.1.3.4.4.3): the directory itself follows groups in groups.
const inChain = "1.2.840.113556.1.4.1941"

func (c *connector) groupAttributes() []string {
	out := []string{"uid"}
	if c.c.Groups.Mode == modeMemberOf {
		out = append(out, "memberOf")
	}
	if c.c.Groups.Primary {
		out = append(out, "primaryGroupID", "objectSid")
	}
	return out
}

// belonging gathers somebody's groups.
type belonging struct {
	c     *connector
	w     *wire
	seen  map[string]bool // DNs, folded
	names []string
	next  []string // DNs whose own groups have not been asked for
}

// groupsOf lists the groups of an entry by name, in order.
func (c *connector) groupsOf(ctx context.Context, e *goldap.Entry) ([]string, error) {
	if c.c.Groups == nil {
		return nil, nil
	}
	var out []string
	err := c.pool.with(ctx, server{}, func(w *wire) error {
		b := &belonging{c: c, w: w, seen: map[string]bool{}}
		if err := b.direct(e); err != nil {
			return err
		}
		if err := b.upwards(); err != nil {
			return err
		}
		slices.Sort(b.names)
		out = slices.Compact(b.names)
		return nil
	})
	return out, err
}

func (b *belonging) direct(e *goldap.Entry) error {
	g := b.c.c.Groups
	if g.Primary {
		if err := b.primary(e); err != nil {
			return err
		}
	}
	switch g.Mode {
	case modeInChain:
		return b.ask(append(b.chain(b.next), "(member:"+inChain+":="+goldap.EscapeFilter(e.DN)+")"))
	case modeMemberOf:
		all, err := values(b.w, e, "memberOf")
		if err != nil {
			return err
		}
		return b.named(all)
	}
	parts := b.holding(nil, e.DN)
	if uid := text(e, "uid"); uid != "" && !b.c.ad() {
		parts = append(parts, "("+byUID+"="+goldap.EscapeFilter(uid)+")")
	}
	return b.ask(parts)
}

// byUID is the attribute of a posixGroup that names its people by uid (RFC 2307 section 5.3); memberDNs name members by DN (RFC 4519 sections 2.17 and 2.40).
const byUID = "memberUid"

func (c *connector) memberDNs() []string {
	if c.ad() {
		return []string{"member"}
	}
	return []string{"member", "uniqueMember"}
}

// holding adds the filters that find groups of which dn is a member.
func (b *belonging) holding(parts []string, dn string) []string {
	for _, a := range b.c.memberDNs() {
		parts = append(parts, "("+a+"="+goldap.EscapeFilter(dn)+")")
	}
	return parts
}

func (b *belonging) chain(dns []string) (parts []string) {
	for _, dn := range dns {
		parts = append(parts, "(member:"+inChain+":="+goldap.EscapeFilter(dn)+")")
	}
	return parts
}

// primary finds the group of primarySID.
func (b *belonging) primary(e *goldap.Entry) error {
	sid := primarySID(e)
	if sid == nil {
		return nil
	}
	return b.ask([]string{"(objectSid=" + binaryFilter(sid) + ")"})
}

// primarySID is the SID of somebody's primary group: it ends in primaryGroupID, in the domain of the entry (MS-ADTS section 3.1.1.1.4). nil: they have none.
func primarySID(e *goldap.Entry) []byte {
	sid, rid := e.GetEqualFoldRawAttributeValue("objectSid"), number(e, "primaryGroupID")
	if len(sid) < 12 || rid <= 0 || rid > 1<<32-1 {
		return nil
	}
	return binary.LittleEndian.AppendUint32(slices.Clone(sid[:len(sid)-4]), uint32(rid))
}

// named finds groups of which the DN is known.
func (b *belonging) named(dns []string) error {
	attribute := "entryDN"
	if b.c.ad() {
		attribute = "distinguishedName"
	}
	var parts []string
	for _, dn := range dns {
		parts = append(parts, "("+attribute+"="+goldap.EscapeFilter(dn)+")")
	}
	return b.ask(parts)
}

// upwards asks for the groups of groups, level by level. One that is its own ancestor is met once.
func (b *belonging) upwards() error {
	if !b.c.c.Groups.Nested || b.c.c.Groups.Mode == modeInChain {
		return nil
	}
	for depth := 0; depth < maxDepth && len(b.next) > 0; depth++ {
		level := b.next
		b.next = nil
		var parts []string
		for _, dn := range level {
			parts = b.holding(parts, dn)
		}
		if err := b.ask(parts); err != nil {
			return err
		}
	}
	return nil
}

// ask searches for groups that any of the parts fits.
func (b *belonging) ask(parts []string) error {
	g := b.c.c.Groups
	for batch := range slices.Chunk(parts, perFilter) {
		filter := "(&" + g.Filter + "(|" + strings.Join(batch, "") + "))"
		err := pages(b.w, wanted{g.BaseDN, filter}, []string{g.Attribute}, b.c.c.PageSize, nil, func(found []*goldap.Entry) error {
			for _, e := range found {
				b.add(e)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *belonging) add(e *goldap.Entry) {
	dn := strings.ToLower(e.DN)
	if b.seen[dn] || len(b.seen) >= maxGroups {
		return
	}
	b.seen[dn] = true
	b.next = append(b.next, e.DN)
	if name := b.c.groupName(e); name != "" {
		b.names = append(b.names, name)
	}
}

// groupName is what a group is called here; empty: it is not.
func (c *connector) groupName(e *goldap.Entry) string {
	if name := text(e, c.c.Groups.Attribute); len(name) <= maxName {
		return name
	}
	return ""
}

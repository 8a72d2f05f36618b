package ldaptest

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"
)

func (x *session) search(id int64, op *ber.Packet, controls []goldap.Control) bool {
	base, _ := op.Children[0].Value.(string)
	scope, _ := op.Children[1].Value.(int64)
	limit, _ := op.Children[3].Value.(int64)
	text, err := goldap.DecompileFilter(op.Children[6])
	if err != nil {
		return x.send(id, result(goldap.ApplicationSearchResultDone, goldap.LDAPResultProtocolError, "", ""))
	}
	x.s.hear(Heard{Op: "search", DN: base, Filter: text, Secure: x.secure})
	o := x.s.options()
	switch {
	case o.Hang && x.bound == Service:
		x.wait()
		return false
	case o.RefuseGroups && strings.Contains(text, "group"):
		return x.send(id, result(goldap.ApplicationSearchResultDone, goldap.LDAPResultUnavailable, "", ""))
	case o.Referral != "" && base != "":
		return x.send(id, result(goldap.ApplicationSearchResultDone, goldap.LDAPResultReferral, "", o.Referral))
	case x.bound != Service && base != "":
		return x.send(id, result(goldap.ApplicationSearchResultDone, goldap.LDAPResultInsufficientAccessRights, "", ""))
	}
	var wanted []string
	for _, a := range op.Children[7].Children {
		name, _ := a.Value.(string)
		wanted = append(wanted, name)
	}
	found := x.s.matching(base, scope, op.Children[6], goldap.FindControl(controls, goldap.ControlTypeMicrosoftShowDeleted) != nil)
	return x.page(id, found, wanted, int(limit), controls)
}

// page sends a page, whose cookie is where the next one begins.
func (x *session) page(id int64, found []*Entry, wanted []string, limit int, controls []goldap.Control) bool {
	from, size := 0, len(found)
	paging, _ := goldap.FindControl(controls, goldap.ControlTypePaging).(*goldap.ControlPaging)
	o := x.s.options()
	if paging != nil {
		from, _ = strconv.Atoi(string(paging.Cookie))
		size = int(paging.PagingSize)
		if o.MaxPage > 0 {
			size = min(size, o.MaxPage)
		}
	} else if o.MaxPage > 0 && len(found) > o.MaxPage {
		found, limit = found[:o.MaxPage+1], o.MaxPage
	}
	end := min(from+size, len(found))
	sent := found[min(from, end):end]
	code := int64(0)
	if limit > 0 && len(sent) > limit {
		sent, code = sent[:limit], goldap.LDAPResultSizeLimitExceeded
	}
	for _, e := range sent {
		if !x.send(id, x.s.entry(e, wanted)) {
			return false
		}
	}
	var back []goldap.Control
	if paging != nil {
		next := goldap.NewControlPaging(0)
		if end < len(found) {
			next.SetCookie([]byte(strconv.Itoa(end)))
		}
		back = append(back, next)
	}
	return x.send(id, result(goldap.ApplicationSearchResultDone, code, "", ""), back...)
}

func (s *Server) entry(e *Entry, wanted []string) *ber.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, e.DN, ""))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	names := make([]string, 0, len(e.Attrs))
	for name := range e.Attrs {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, w := range wanted {
			plain, option, _ := strings.Cut(w, ";range=")
			if strings.EqualFold(plain, name) && name != "userPassword" {
				list.AppendChild(s.attribute(name, e.Attrs[name], option))
			}
		}
	}
	p.AppendChild(list)
	return p
}

// attribute gives out values in ranges (MS-ADTS section 3.1.1.3.1.3.3).
func (s *Server) attribute(name string, values []string, option string) *ber.Packet {
	from := 0
	if begin, _, ok := strings.Cut(option, "-"); ok {
		from, _ = strconv.Atoi(begin)
	}
	from = min(from, len(values))
	part := values[from:]
	if s.MaxRange > 0 && len(values) > s.MaxRange {
		if len(part) > s.MaxRange {
			part = part[:s.MaxRange]
			name = fmt.Sprintf("%s;range=%d-%d", name, from, from+len(part)-1)
		} else {
			name = fmt.Sprintf("%s;range=%d-*", name, from)
		}
	}
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, name, ""))
	set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	for _, v := range part {
		set.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, v, ""))
	}
	p.AppendChild(set)
	return p
}

func (s *Server) matching(base string, scope int64, filter *ber.Packet, deleted bool) []*Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ors = map[*ber.Packet]map[string]bool{}
	if base == "" && scope == 0 {
		return []*Entry{{"", map[string][]string{
			"objectClass": {"top"}, "defaultNamingContext": {Base}, "configurationNamingContext": {"cn=Configuration," + Base}, "dsServiceName": {"cn=NTDS Settings," + Base},
			"highestCommittedUSN": {number(s.usn)},
		}}}
	}
	all := s.entries
	if s.AD {
		all = append(slices.Clone(all), s.own()...)
	}
	if deleted && !s.Hidden {
		all = append(slices.Clone(all), s.deleted...)
	}
	var out []*Entry
	for _, e := range all {
		if s.may(e, filter) && (in(e.DN, base, scope) || s.Anywhere && scope == 2) && s.matches(e, filter) {
			out = append(out, e)
		}
	}
	return out
}

// own are entries that every domain has.
func (s *Server) own() []*Entry {
	head := s.find(Base)
	head.Attrs["lockoutThreshold"] = []string{number(int64(s.Threshold))}
	head.Attrs["lockoutDuration"] = []string{number(-int64(s.Window / 100))}
	head.Attrs["lockOutObservationWindow"] = []string{number(-int64(s.Window / 100))}
	return []*Entry{
		{"cn=NTDS Settings," + Base, map[string][]string{"objectClass": {"nTDSDSA"}, "invocationId": {s.Invocation}}},
		{"cn=CORP,CN=Partitions,cn=Configuration," + Base, map[string][]string{"objectClass": {"crossRef"}, "nETBIOSName": {"CORP"}, "nCName": {Base}}},
	}
}

func in(dn, base string, scope int64) bool {
	dn, base = strings.ToLower(dn), strings.ToLower(base)
	if scope == 0 {
		return dn == base
	}
	return dn == base || strings.HasSuffix(dn, ","+base) || base == ""
}

// matches evaluates a filter (RFC 4511 section 4.5.1.7). s.mu is held.
func (s *Server) matches(e *Entry, f *ber.Packet) bool {
	switch f.Tag {
	case goldap.FilterAnd:
		return !slices.ContainsFunc(f.Children, func(c *ber.Packet) bool { return !s.matches(e, c) })
	case goldap.FilterOr:
		if match, ok := s.among(e, f); ok {
			return match
		}
		return slices.ContainsFunc(f.Children, func(c *ber.Packet) bool { return s.matches(e, c) })
	case goldap.FilterNot:
		return !s.matches(e, f.Children[0])
	case goldap.FilterPresent:
		return len(s.values(e, f.Data.String())) > 0
	case goldap.FilterEqualityMatch:
		return s.compare(e, f, strings.EqualFold)
	case goldap.FilterGreaterOrEqual:
		return s.compare(e, f, func(have, want string) bool { return larger(have, want) })
	case goldap.FilterLessOrEqual:
		return s.compare(e, f, func(have, want string) bool { return larger(want, have) })
	case goldap.FilterExtensibleMatch:
		return s.chained(e, f)
	}
	return false // substrings: the connector has none, so that a star in a name would be one that was let through
}

func larger(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a >= b }

func (s *Server) compare(e *Entry, f *ber.Packet, same func(have, want string) bool) bool {
	name, want := f.Children[0].Data.String(), f.Children[1].Data.String()
	return slices.ContainsFunc(s.values(e, name), func(have string) bool { return same(have, want) })
}

func (s *Server) values(e *Entry, name string) []string {
	if strings.EqualFold(name, "distinguishedName") || strings.EqualFold(name, "entryDN") {
		return []string{e.DN}
	}
	if values, ok := e.Attrs[name]; ok {
		return values
	}
	for have, values := range e.Attrs {
		if strings.EqualFold(have, name) {
			return values
		}
	}
	return nil
}

// chained is LDAP_MATCHING_RULE_IN_CHAIN for member.
func (s *Server) chained(e *Entry, f *ber.Packet) bool {
	var want string
	for _, c := range f.Children {
		if c.Tag == goldap.MatchingRuleAssertionMatchValue {
			want = c.Data.String()
		}
	}
	seen := map[string]bool{}
	level := []*Entry{e}
	for len(level) > 0 {
		group := level[0]
		level = level[1:]
		for _, member := range group.Attrs["member"] {
			if strings.EqualFold(member, want) {
				return true
			}
			if next := s.find(member); next != nil && !seen[strings.ToLower(member)] {
				seen[strings.ToLower(member)] = true
				level = append(level, next)
			}
		}
	}
	return false
}

// may rules out most entries that a long list of names does not have.
func (s *Server) may(e *Entry, f *ber.Packet) bool {
	if f.Tag != goldap.FilterAnd {
		return true
	}
	return !slices.ContainsFunc(f.Children, func(c *ber.Packet) bool {
		if c.Tag != goldap.FilterOr {
			return false
		}
		match, ok := s.among(e, c)
		return ok && !match
	})
}

// among finds the values of a long OR of equalities of one attribute at once; false: it is another filter.
func (s *Server) among(e *Entry, f *ber.Packet) (match, ok bool) {
	set, known := s.ors[f]
	if !known {
		set = values(f)
		s.ors[f] = set
	}
	if set == nil {
		return false, false
	}
	return slices.ContainsFunc(s.values(e, f.Children[0].Children[0].Data.String()), func(v string) bool { return set[strings.ToLower(v)] }), true
}

func values(f *ber.Packet) map[string]bool {
	if len(f.Children) < 8 {
		return nil
	}
	set := map[string]bool{}
	for _, c := range f.Children {
		if c.Tag != goldap.FilterEqualityMatch || c.Children[0].Data.String() != f.Children[0].Children[0].Data.String() {
			return nil
		}
		set[strings.ToLower(c.Children[1].Data.String())] = true
	}
	return set
}

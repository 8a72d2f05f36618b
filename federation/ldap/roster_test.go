package ldap

import (
	"net"
	"strings"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// TestFolded: all spellings of one DN are one, and those of two are two.
func TestFolded(t *testing.T) {
	for _, same := range [][]string{
		{"cn=Alice,ou=People,dc=corp", "CN=alice, OU=people , DC=corp", "cn = alice,ou=people,dc=corp", `cn=\41lice,ou=people,dc=corp`, "cn=alice,ou=people,dc=corp "},
		{`cn=a\, b,dc=corp`, `CN=A\2C b,DC=corp`, `cn=a\2c  b,dc=corp`, `cn=a\, b, dc=corp`},
		{"cn=a+uid=b,dc=corp", "uid=b+cn=a,dc=corp", "UID=B + CN=A,dc=corp"},
		{`cn=a\+uid\=b,dc=corp`, `cn=a\2buid\3db,dc=corp`},
		{"cn=a b,dc=corp", "cn=a   b,dc=corp"},
		{`cn=\c3\bc,dc=corp`, "cn=ü,dc=corp", "cn=Ü,dc=corp"},
		{"cn=a,cn=b,dc=corp"}, {`cn=a\,cn=b,dc=corp`, `cn=a\2ccn\3db,dc=corp`}, {"cn=a=b,dc=corp", `cn=a\=b,dc=corp`}, {"no name"}, {""},
	} {
		for _, dn := range same {
			if markDN(dn) != markDN(same[0]) {
				t.Errorf("%q is %q, and %q is %q", dn, folded(dn), same[0], folded(same[0]))
			}
		}
	}
	seen := map[mark]string{}
	for _, dn := range []string{`cn=a\, b,dc=corp`, "cn=a+uid=b,dc=corp", `cn=a\+uid\=b,dc=corp`, "cn=a,cn=b,dc=corp", `cn=a\,cn=b,dc=corp`, "cn=a=b,dc=corp", "cn=ab,dc=corp", "no name", ""} {
		if other, there := seen[markDN(dn)]; there {
			t.Errorf("%q is %q", dn, other)
		}
		seen[markDN(dn)] = dn
	}
}

// FuzzFolded: a DN that is folded stays as it is when it is folded again, and is no longer than makes sense.
func FuzzFolded(f *testing.F) {
	for _, s := range []string{"cn=a,dc=b", `CN=a\, b + x=#04024869,DC=b`, `cn="a",dc=b`, "cn=a;dc=b", `\`, "=", ",,", " cn=a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, dn string) {
		once := folded(dn)
		parsed, err := goldap.ParseDN(dn)
		if err != nil || strings.ContainsAny(dn, "#\"\x00") || len(parsed.RDNs) == 0 {
			return
		}
		if again, err := goldap.ParseDN(once); err == nil && len(again.RDNs) != len(parsed.RDNs) {
			t.Errorf("%q became %q", dn, once)
		}
	})
}

func rosterFor(t *testing.T, mode string) (*connector, *roster) {
	t.Helper()
	c := fuzzed(presetOpenLDAP)
	c.c.Groups.Mode, c.c.Groups.Nested = mode, true
	return c, &roster{byDN: map[mark]int32{}, bySID: map[mark]int32{}}
}

// TestRosterIsBounded: more groups, or members, than are kept is an error, not a shorter list; and somebody in more than are followed is left out.
func TestRosterIsBounded(t *testing.T) {
	c, r := rosterFor(t, modeMember)
	r.edges = make([]edge, maxMemberships-1)
	if err := r.members("member", 0, []string{"cn=a"}); err != nil {
		t.Error(err)
	}
	if err := r.members("member", 0, []string{"cn=a"}); !errs.Is(err, errs.TooLarge) {
		t.Error(err)
	}
	r.edges, r.groups = nil, make([]rosterGroup, maxRoster)
	if _, err := r.group(c, goldap.NewEntry("cn=a", nil)); !errs.Is(err, errs.TooLarge) {
		t.Error(err)
	}
	_, r = rosterFor(t, modeMember)
	person := goldap.NewEntry("cn=alice", nil)
	for i := range maxGroups + 1 {
		name := "g" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + markName(i)
		if _, err := r.group(c, goldap.NewEntry("cn="+name, map[string][]string{"cn": {name}, "member": {"cn=alice"}})); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := r.of(c, nil, person); ok || err != nil {
		t.Error(ok, err)
	}
	r.edges = r.edges[:maxGroups]
	if names, ok, err := r.of(c, nil, person); !ok || err != nil || len(names) != maxGroups {
		t.Error(len(names), ok, err)
	}
}

func markName(i int) string {
	m := markOf("name", strings.Repeat("i", i))
	return strings.ToLower(string([]byte{'a' + m[0]%26, 'a' + m[1]%26, 'a' + m[2]%26, 'a' + m[3]%26, 'a' + m[4]%26, 'a' + m[5]%26}))
}

// TestDepth: as many levels are followed as a sign-in follows.
func TestDepth(t *testing.T) {
	c, r := rosterFor(t, modeMember)
	below := "cn=alice"
	for range maxDepth + 5 {
		name := markName(len(r.groups)) + string(rune('a'+len(r.groups)))
		if _, err := r.group(c, goldap.NewEntry("cn="+name, map[string][]string{"cn": {name}, "member": {below}})); err != nil {
			t.Fatal(err)
		}
		below = "cn=" + name
	}
	r.sort()
	for mode, want := range map[string]int{modeMember: maxDepth + 1, modeInChain: maxDepth + 5} {
		c.c.Groups.Mode = mode
		if names, ok, err := r.of(c, nil, goldap.NewEntry("cn=Alice", nil)); !ok || err != nil || len(names) != want {
			t.Errorf("%s: %d levels, want %d (%v)", mode, len(names), want, err)
		}
	}
}

// TestCutBetweenPages: go-ldap finds nothing, and says nothing, on a connection that has ended: that is no directory without groups.
func TestCutBetweenPages(t *testing.T) {
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	c := goldap.NewConn(ours, false)
	c.Start()
	_ = c.Close()
	err := streamed(t.Context(), &wire{Conn: c, raw: ours}, wanted{"dc=corp", "(cn=*)"}, nil, 10, func(*goldap.Entry) error { return nil })
	if !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

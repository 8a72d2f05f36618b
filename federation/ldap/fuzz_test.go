package ldap

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"
)

func fuzzed(preset string) *connector {
	c := Config{Preset: preset, BaseDN: "dc=corp,dc=example", Servers: []string{"ldaps://x"}, Groups: &Groups{Mode: modeMember}}
	if err := c.preset(); err != nil {
		panic(err)
	}
	return &connector{c: c, d: Deps{Now: time.Now}}
}

// FuzzName: whatever is typed becomes a filter of the shape that it would have for any name, in which the name is a value (LD01).
func FuzzName(f *testing.F) {
	for _, s := range []string{"alice", "*", "admin)(|(uid=*", `\2a`, "a\x00b", "a@corp.example", "\xff", "ü", `a\b`} {
		f.Add(s)
	}
	shape := func(c *connector, name string) (string, int) {
		to, err := c.look(nil, nil, name) //nolint:staticcheck // nobody is asked
		if err != nil {
			panic(err)
		}
		p, err := goldap.CompileFilter(to.filter)
		if err != nil {
			panic(err)
		}
		return to.filter, len(p.Children[1].Children)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, preset := range []string{presetAD, presetOpenLDAP, presetRFC2307} {
			if preset == presetAD && strings.Contains(name, `\`) {
				continue // it has a domain, which is asked for
			}
			c := fuzzed(preset)
			text, n := shape(c, name)
			if most := len(c.c.LoginAttributes) + 1; n > most || strings.Count(text, "(") > strings.Count(c.c.UserFilter, "(")+most+2 {
				t.Errorf("%q became %s", name, text)
			}
		}
	})
}

// FuzzEntry: nothing that a directory says breaks what reads it.
func FuzzEntry(f *testing.F) {
	f.Add("objectGUID", []byte("0123456789abcdef"), "133700000000000000", "data 52e, v1")
	f.Add("memberOf;range=0-1499", []byte{0xff}, "-9223372036854775808", "data , data ffffffffffff")
	f.Add("member;range=9-*", []byte{}, "9223372036854775807", "")
	f.Fuzz(func(t *testing.T, name string, value []byte, n, message string) {
		e := &goldap.Entry{DN: message, Attributes: []*goldap.EntryAttribute{{Name: name, Values: []string{string(value)}, ByteValues: [][]byte{value}}}}
		for _, a := range []string{"userAccountControl", "accountExpires", "lockoutTime", "pwdLastSet", "shadowExpire", "modifyTimestamp", "badPwdCount", "badPasswordTime"} {
			e.Attributes = append(e.Attributes, &goldap.EntryAttribute{Name: a, Values: []string{n}, ByteValues: [][]byte{[]byte(n)}})
		}
		for _, preset := range []string{presetAD, presetOpenLDAP} {
			c := fuzzed(preset)
			c.state(e, policy{duration: interval(number(e, "lockoutTime")), threshold: 3})
			policy{threshold: 3, window: time.Minute}.nearLock(e, len(e.Attributes)%2 == 0, time.Now())
			id := c.identity(e, nil)
			for claim, v := range id.Profile {
				if s, ok := v.(string); ok && !utf8.ValidString(s) {
					t.Errorf("%s is no text", claim)
				}
			}
			if id.Key != "" && c.keyFilter(id.Key) == "" {
				t.Errorf("the key %q finds nobody", id.Key)
			}
			stampOf(e)
		}
		if _, next, last := ranged(e, "member"); !last && next <= 0 && !strings.Contains(name, "-") {
			t.Error(next)
		}
		c := fuzzed(presetAD)
		c.activeDirectoryBind(&goldap.Error{ResultCode: 49, Err: errText(message)})
		under(message, string(value))
		dnsName(message)
	})
}

type errText string

func (e errText) Error() string { return string(e) }

package ldap

import (
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// TestSince: how far back an incremental listing goes.
func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	c := fuzzed(presetOpenLDAP)
	c.d.Now = func() time.Time { return now }
	const csn = "20261130115900.500000Z#000000#001#000000"
	for _, one := range []struct {
		name string
		was  cursor
		want string
	}{
		{"young", cursor{CSN: csn, Seen: now.Add(-time.Second)}, "(entryCSN>=20261130115900.300000Z#000000#000#000000)"},
		{"settled", cursor{CSN: csn, Seen: now.Add(-time.Hour)}, "(entryCSN>=" + csn + ")"},
		{"several servers", cursor{CSN: csn, Many: true, Seen: now.Add(-time.Hour)}, "(entryCSN>=20261130115800.500000Z#000000#000#000000)"},
		{"stamps, young", cursor{Stamp: "20261130115900Z", Seen: now.Add(-time.Second)}, "(modifyTimestamp>=20261130115858Z)"},
		{"stamps, settled", cursor{Stamp: "20261130115900Z", Seen: now.Add(-time.Hour)}, "(modifyTimestamp>=20261130115901Z)"},
	} {
		l := &lister{c: c, was: one.was}
		if got, changed := l.since(); got != one.want || !changed {
			t.Errorf("%s: %s", one.name, got)
		}
	}
	l := &lister{c: c}
	for _, value := range []string{csn, "20261130115901.000000Z#000000#001#000000", "nonsense", "20261130115800.000000Z#000000#002#000000"} {
		l.latest(&goldap.Entry{Attributes: []*goldap.EntryAttribute{{Name: "entryCSN", Values: []string{value}}}})
		if l.is.Many != (value[0:8] == "20261130" && value[30:33] == "002") {
			t.Error(value, l.is)
		}
	}
	if l.is.CSN != "20261130115901.000000Z#000000#001#000000" {
		t.Error(l.is.CSN)
	}
}

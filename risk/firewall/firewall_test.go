package firewall

import (
	"net/netip"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func row(effect, kind, value string) storage.FirewallRule {
	return storage.FirewallRule{Effect: effect, Kind: kind, Value: value}
}

func TestRules(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	gone := row(Deny, Network, "198.51.100.0/24")
	gone.ExpiresAt = &now
	var f Firewall
	if _, denied := f.Denied(netip.MustParseAddr("192.0.2.1"), "DE", "", now); denied || !f.Empty() {
		t.Fatal("no rules keep somebody out")
	}
	if err := f.Load([]storage.FirewallRule{
		row(Deny, Network, "192.0.2.0/24"), row(Allow, Network, "192.0.2.7/32"), row(Deny, Country, "XX"), row(Deny, Agent, "sqlmap"), gone,
		row(Deny, Network, "2001:db8::/32"),
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		addr, country, agent, kind string
		denied                     bool
	}{
		{"192.0.2.1", "DE", "Mozilla", Network, true},
		{"::ffff:192.0.2.1", "DE", "Mozilla", Network, true},
		{"192.0.2.7", "XX", "sqlmap/1", Network, false}, // the narrower rule, whatever else
		{"198.51.100.1", "DE", "Mozilla", Country, false},
		{"203.0.113.1", "XX", "Mozilla", Country, true},
		{"203.0.113.1", "DE", "SQLMap/1.7", Agent, true},
		{"203.0.113.1", "", "Mozilla", Country, false},
		{"2001:db8:1::1", "DE", "Mozilla", Network, true},
	} {
		kind, denied := f.Denied(netip.MustParseAddr(c.addr), c.country, c.agent, now)
		if denied != c.denied || denied && kind != c.kind {
			t.Errorf("%+v: got %s %v", c, kind, denied)
		}
	}
}

func TestAllowedCountriesKeepOutTheOthers(t *testing.T) {
	now := time.Now()
	var f Firewall
	if err := f.Load([]storage.FirewallRule{row(Allow, Country, "DE")}); err != nil {
		t.Fatal(err)
	}
	for country, want := range map[string]bool{"DE": false, "FR": true, "": false} {
		if _, denied := f.Denied(netip.MustParseAddr("203.0.113.1"), country, "", now); denied != want {
			t.Errorf("%q: denied %v", country, denied)
		}
	}
}

func TestSpelling(t *testing.T) {
	for _, c := range [][3]string{
		{Network, "192.0.2.9/24", "192.0.2.0/24"}, {Network, "192.0.2.9", "192.0.2.9/32"}, {Network, "2001:DB8::1", "2001:db8::1/128"}, {Country, "de", "DE"},
		{Agent, " SQLMap ", "sqlmap"},
	} {
		if got, err := Canonical(c[0], c[1]); err != nil || got != c[2] {
			t.Errorf("%v: %q %v", c, got, err)
		}
	}
	for _, c := range [][2]string{{Network, "here"}, {Network, "::ffff:1.2.3.4/120"}, {Country, "Germany"}, {Country, "1A"}, {Agent, "x"}, {"moon", "x"}} {
		if got, err := Canonical(c[0], c[1]); err == nil {
			t.Errorf("%v: %q", c, got)
		}
	}
}

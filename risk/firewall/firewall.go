package firewall

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Effects and kinds of rules.
const (
	Allow, Deny             = "allow", "deny"
	Network, Country, Agent = "network", "country", "agent"
)

// mostAgent bounds an agent rule, in bytes.
const mostAgent = 200

// Canonical is the one spelling of a rule's value, or says what is wrong with it.
func Canonical(kind, value string) (string, error) {
	switch kind {
	case Network:
		if a, err := netip.ParseAddr(value); err == nil && a.Zone() == "" {
			a = a.Unmap()
			return netip.PrefixFrom(a, a.BitLen()).String(), nil
		}
		p, err := netip.ParsePrefix(value)
		if err != nil || p.Addr().Is4In6() {
			return "", errs.New(errs.Invalid, "A network is written like 192.0.2.0/24 or 2001:db8::/32, or is an address.")
		}
		return p.Masked().String(), nil
	case Country:
		value = strings.ToUpper(value)
		if len(value) != 2 || value[0] < 'A' || value[0] > 'Z' || value[1] < 'A' || value[1] > 'Z' {
			return "", errs.New(errs.Invalid, "A country is two letters (ISO 3166-1).")
		}
		return value, nil
	case Agent:
		if value = strings.ToLower(strings.TrimSpace(value)); len(value) < 3 || len(value) > mostAgent {
			return "", errs.New(errs.Invalid, "A part of a user agent has 3 to 200 characters.")
		}
		return value, nil
	}
	return "", errs.New(errs.Invalid, "A rule is about a network, a country or an agent.")
}

// rule is a row ready for use.
type rule struct {
	effect  string
	prefix  netip.Prefix
	value   string
	expires time.Time
}

func (r rule) live(now time.Time) bool { return r.expires.IsZero() || now.Before(r.expires) }

// set is all rules. Networks stand by length, the longest first: the narrowest counts.
type set struct {
	networks  []rule
	countries map[string]rule
	agents    []rule
}

// Firewall answers from memory. The zero value lets everybody in.
type Firewall struct{ rules atomic.Pointer[set] }

// Load replaces the rules. A row that cannot be read is left out, and is in the error.
func (f *Firewall) Load(rows []storage.FirewallRule) error {
	s, failed := &set{countries: map[string]rule{}}, error(nil)
	for _, row := range rows {
		r := rule{effect: row.Effect, value: row.Value}
		if row.ExpiresAt != nil {
			r.expires = *row.ExpiresAt
		}
		switch row.Kind {
		case Network:
			p, err := netip.ParsePrefix(row.Value)
			if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			r.prefix = p
			s.networks = append(s.networks, r)
		case Country:
			s.countries[row.Value] = r
		case Agent:
			s.agents = append(s.agents, r)
		}
	}
	slices.SortStableFunc(s.networks, func(a, b rule) int { return b.prefix.Bits() - a.prefix.Bits() })
	f.rules.Store(s)
	return failed
}

// Empty reports that there is no rule, so that nothing needs to be looked up.
func (f *Firewall) Empty() bool {
	s := f.rules.Load()
	return s == nil || len(s.networks) == 0 && len(s.countries) == 0 && len(s.agents) == 0
}

// NeedsPlace reports whether a rule is about a country.
func (f *Firewall) NeedsPlace() bool {
	s := f.rules.Load()
	return s != nil && len(s.countries) > 0
}

// Denied says whether a request is kept out, and by what kind of rule. The narrowest network that has a rule decides, and an allowed one is let in whatever its country and
// agent; then agents, then countries.
func (f *Firewall) Denied(a netip.Addr, country, agent string, now time.Time) (kind string, denied bool) {
	s := f.rules.Load()
	if s == nil {
		return "", false
	}
	a = a.Unmap().WithZone("")
	for _, r := range s.networks {
		if r.live(now) && r.prefix.Contains(a) {
			return Network, r.effect == Deny
		}
	}
	agent = strings.ToLower(agent)
	for _, r := range s.agents {
		if r.effect == Deny && r.live(now) && strings.Contains(agent, r.value) {
			return Agent, true
		}
	}
	return Country, s.deniesCountry(country, now)
}

// deniesCountry: with allowed countries, all others are kept out.
func (s *set) deniesCountry(country string, now time.Time) bool {
	if r, ok := s.countries[country]; ok && r.live(now) {
		return r.effect == Deny
	}
	for _, r := range s.countries {
		if r.effect == Allow && r.live(now) {
			return country != "" // where nothing is known nobody is locked out
		}
	}
	return false
}

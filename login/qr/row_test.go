package qr

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

func TestOnlyTwoDigitsAreANumber(t *testing.T) {
	for typed, want := range map[string]string{"47": "47", " 07 ": "07", "47\n": "47"} {
		if got, ok := digits(typed); !ok || got != want {
			t.Errorf("%q: %q %t", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "4", "470", "4 7", "-7", "४७", "4\u00b2", "\x004"} {
		if got, ok := digits(typed); ok {
			t.Errorf("%q is taken for %q", typed, got)
		}
	}
}

func TestALinkHasOneForm(t *testing.T) {
	id := storage.NewID(time.Unix(1e9, 0))
	s := newSecret()
	token := s.token(id)
	got, link, ok := parse(token)
	if !ok || got != id || !slices.Equal(link, s.Link) || len(s.Link) != 16 {
		t.Fatalf("%s: %v %v %t", token, got, link, ok)
	}
	for _, bad := range []string{"", token[1:], token + "A", token + "=", token[:20] + "\n" + token[20:], token[:42] + "_", "%" + token[1:]} {
		if _, _, ok := parse(bad); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Every number is drawn, and each about as often as any other.
func TestNumbersAreDrawnEvenly(t *testing.T) {
	drawn := map[string]int{}
	const n = 20_000
	for range n {
		drawn[newSecret().Number]++
	}
	for number, times := range drawn {
		if len(number) != 2 || times < n/200 || times > n/50 {
			t.Errorf("%q: %d times", number, times)
		}
	}
	if len(drawn) != 100 {
		t.Errorf("%d numbers", len(drawn))
	}
}

func TestWhatASessionIsWorthElsewhere(t *testing.T) {
	for _, c := range []struct{ has, want []string }{
		{[]string{"pwd"}, []string{"pwd", "mca"}},
		{[]string{"pwd", "otp", "mfa"}, []string{"pwd", "mca"}},
		{[]string{"otp"}, []string{"otp", "mca"}},
		{[]string{"otp", "sms"}, []string{"otp", "mca"}},
		{[]string{"swk", "user", "mfa"}, []string{"mca"}},
		{[]string{"hwk"}, []string{"mca"}},
		{nil, []string{"mca"}},
	} {
		if got := conveyed(c.has); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.has, got, c.want)
		}
	}
}

func TestWhatWantsANewSignIn(t *testing.T) {
	began := time.Unix(1e9, 0)
	m := &Module{d: Deps{Aged: func(_ context.Context, id string) (bool, error) { return id == "aging", nil }}}
	for _, c := range []struct {
		client string
		params url.Values
		want   bool
	}{
		{"", nil, false}, {"rp", nil, false}, {"aging", nil, true}, {"rp", url.Values{"prompt": {"consent login"}}, true}, {"rp", url.Values{"prompt": {"consent"}}, false},
		{"rp", url.Values{"prompt": {"create"}}, true}, {"rp", url.Values{"max_age": {"3600"}}, true}, {"", url.Values{"prompt": {"login"}}, true},
	} {
		got, err := m.wantedAfter(t.Context(), &flow.Flow{Client: c.client, Params: c.params, Started: began})
		if err != nil || got.Equal(began) != c.want || got.IsZero() == c.want {
			t.Errorf("%q %v: %v %v", c.client, c.params, got, err)
		}
	}
}

// Where countries are known they are compared; else networks are.
func TestHowFarWhoAsksIs(t *testing.T) {
	places := map[string]string{"192.0.2.7": "HR", "192.0.2.8": "HR", "203.0.113.7": "RO"}
	m := &Module{d: Deps{Country: func(ip netip.Addr) string { return places[ip.String()] }}}
	for _, c := range []struct{ asks, phone, want string }{
		{"192.0.2.7", "192.0.2.7", ""}, {"192.0.2.7", "192.0.2.8", ""}, {"192.0.2.7", "203.0.113.7", web.QROtherCountry},
		{"198.51.100.1", "198.51.100.1", ""}, {"198.51.100.1", "198.51.100.2", web.QROtherNetwork}, {"198.51.100.1", "192.0.2.7", web.QROtherNetwork},
		{"2001:db8::1", "2001:db8::2", ""}, {"2001:db8::1", "2001:db8:1::1", web.QROtherNetwork},
	} {
		if got := m.elsewhere(netip.MustParseAddr(c.asks), netip.MustParseAddr(c.phone)); got != c.want {
			t.Errorf("%s from %s: %q, want %q", c.asks, c.phone, got, c.want)
		}
	}
}

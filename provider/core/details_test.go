package core

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestNarrowDetails(t *testing.T) {
	const account = `{"actions":["read","write"],"locations":["https://api.example"],"type":"account"}`
	const payment = `{"amount":{"currency":"EUR","value":12.50},"type":"payment"}`
	granted := "[" + account + "," + payment + "]"
	for _, c := range []struct{ asked, resource, want string }{
		{"", "", granted},
		{"", "https://api.example", granted},
		{"", "https://other.example", "[" + payment + "]"},
		{"[" + payment + "]", "", "[" + payment + "]"},
		{`[ {"type":"payment", "amount":{"value":12.50,"currency":"EUR"}} ]`, "", "[" + payment + "]"},
		{`[{"type":"account","actions":["write"],"locations":["https://api.example"]}]`, "", `[{"actions":["write"],"locations":["https://api.example"],"type":"account"}]`},
		{`[{"type":"account","actions":["write"],"locations":["https://api.example"]}]`, "https://other.example", ""},
		{`[{"type":"account","actions":["write","admin"],"locations":["https://api.example"]}]`, "", "refused"},
		{`[{"type":"account","actions":[],"locations":["https://api.example"]}]`, "", "refused"},
		{`[{"type":"account","locations":["https://api.example"]}]`, "", "refused"},
		{`[{"type":"account"}]`, "", "refused"},
		{`[{"type":"payment","amount":{"currency":"EUR","value":1250}}]`, "", "refused"},
		{`[{"type":"payment","amount":{"currency":"EUR","value":12.50},"to":"evil"}]`, "", "refused"},
		{`[{"type":"other"}]`, "", "refused"},
		{`[]`, "", "refused"}, {`{}`, "", "refused"}, {`[1]`, "", "refused"}, {`[{"type":1}]`, "", "refused"}, {`null`, "", "refused"},
		{`[],"x":[]`, "", "refused"}, {`[{"type":"payment","type":"account"}]`, "", "refused"}, {`[` + strings.Repeat(`{"type":"payment"},`, 20) + payment + `]`, "", "refused"},
		{`[{"type":"` + strings.Repeat("x", maxDetailsText) + `"}]`, "", "refused"},
	} {
		var resources []string
		if c.resource != "" {
			resources = []string{c.resource}
		}
		got, err := NarrowDetails(c.asked, granted, resources)
		if err != nil {
			if got = "refused"; AsRefusal(err).Err.ErrorField != "invalid_authorization_details" {
				t.Errorf("%s: %v", c.asked, err)
			}
		}
		if got != c.want {
			t.Errorf("%s for %q:\n%s\n%s", c.asked, c.resource, got, c.want)
		}
	}
	if got, err := NarrowDetails("", "", nil); got != "" || err != nil {
		t.Errorf("of nothing: %q %v", got, err)
	}
	if _, err := NarrowDetails("["+payment+"]", "", nil); err == nil {
		t.Error("details that nobody granted")
	}
}

// Tokens with what few tokens have are read back as they were written, in both formats.
func TestRareClaims(t *testing.T) {
	for i, base := range ownTokens() {
		a := *base
		a.Details, a.Act, a.Exchanged = `[{"type":"a\u003cb"}]`, `{"act":{"sub":"x"},"sub":"y"}`, true
		if a.OfPerson() {
			a.ActGrant, a.AMR = a.Grant, []string{"pwd", "otp"}
		}
		general, err := decodeAccess(appendClaims(nil, &a))
		if err != nil || general.Details != a.Details || general.Act != a.Act || !general.Exchanged || general.ActGrant != a.ActGrant || len(general.AMR) != len(a.AMR) {
			t.Errorf("%d: %v %+v", i, err, general)
		}
		opened, err := unpackAccess(packAccess(&a))
		if err != nil || opened.Details != a.Details || opened.Act != a.Act || !opened.Exchanged || opened.ActGrant != a.ActGrant {
			t.Errorf("%d: %v %+v", i, err, opened)
		}
	}
}

func TestReadOwnReadsMethods(t *testing.T) {
	a := *ownTokens()[3]
	a.AMR = []string{"pwd", "otp"}
	got, ok := readOwn(appendClaims(nil, &a))
	if !ok || !reflect.DeepEqual(got, &a) {
		t.Errorf("%v %+v", ok, got)
	}
	a.AuthTime, a.ACR, a.AMR = time.Time{}, "", nil // of somebody whom another issuer vouches for
	if got, ok := readOwn(appendClaims(nil, &a)); !ok || !reflect.DeepEqual(got, &a) {
		t.Errorf("%v %+v", ok, got)
	}
}

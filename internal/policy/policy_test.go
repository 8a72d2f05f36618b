package policy_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/policy"
)

func then(t policy.Then, when string) policy.Config {
	return policy.Config{Rules: []policy.Rule{{Name: "one", When: when, Then: t}}}
}

func deny(when string) policy.Config { return then(policy.Then{Deny: true}, when) }

func given() policy.Given {
	return policy.Given{
		Client: policy.Client{ID: "bank", Profile: "mcp", FirstParty: true}, Person: policy.Person{ID: "p1", Groups: []string{"staff", "admins"}, Admin: true},
		Request: policy.Request{Act: policy.Authorize, Scopes: []string{"openid", "pay"}, Resources: []string{"https://api.example.org/"}},
		Session: policy.Session{ACR: "2", AMR: []string{"pwd", "otp", "mfa"}, Age: 600}, Device: policy.Browser{Known: true},
		Network: policy.Network{Address: "10.1.2.3", Country: "HR"}, Risk: policy.Risk{Score: 4.5}, Now: time.Date(2026, 11, 29, 21, 30, 0, 0, time.UTC),
	}
}

// Everything that a rule may look at, seen and not seen.
func TestRulesSeeTheScene(t *testing.T) {
	for when, want := range map[string]bool{
		``: true, `true`: true, `client.id == "bank"`: true, `client.id == "shop"`: false, `client.profile == "mcp" && client.first_party && !client.public && !client.unvetted`: true,
		`"admins" in person.groups`: true, `"guests" in person.groups`: false, `person.admin`: true, `person.id == "p1"`: true,
		`request.act == "authorize"`: true, `"pay" in request.scopes`: true, `request.resources.exists(r, r.startsWith("https://api."))`: true,
		`sets.intersects(request.scopes, ["admin", "pay"])`: true, `session.acr == "2"`: true, `"sms" in session.amr`: false, `session.age > 900`: false,
		`device.known && !device.trusted`: true, `network.country in ["HR", "SI"]`: true, `network.within(["10.0.0.0/8", "2001:db8::/32"])`: true,
		`network.within(["192.168.0.0/16"])`: false, `risk.score >= 4.5 && !risk.step_up`: true, `now.getHours() >= 20`: true, `now.getHours("Europe/Zagreb") == 22`: true,
		`now.getDayOfWeek() == 0`: true, `now < timestamp("2026-01-01T00:00:00Z")`: false,
	} {
		p, err := policy.New(deny(when))
		if err != nil {
			t.Errorf("%s: %v", when, err)
			continue
		}
		g := given()
		if d := p.Decide(&g); d.Deny != want || d.Err != nil || (len(d.Rules) == 1) != want {
			t.Errorf("%s: %+v", when, d)
		}
	}
}

// What cannot be meant does not start.
func TestBadRulesAreRefused(t *testing.T) {
	for _, c := range []policy.Config{
		deny(`client.nme == "x"`), deny(`client.id`), deny(`client.id ==`), deny(`"x" in client.id`), deny(`network.within(["10.0.0.0"])`), deny(`nobody`), deny(`1/0 == 1`),
		deny(`now.getHours("Mars/Crater") == 1`),
		then(policy.Then{}, ``), then(policy.Then{ACR: "9"}, ``), then(policy.Then{MaxAge: policy.For(time.Second)}, ``), then(policy.Then{Idle: policy.For(time.Minute)}, ``),
		then(policy.Then{Remember: policy.For(365 * 24 * time.Hour)}, ``), then(policy.Then{Absolute: policy.For(0)}, ``),
		{Rules: []policy.Rule{{When: "true", Then: policy.Then{Deny: true}}}},
		{Rules: []policy.Rule{{Name: "a", Then: policy.Then{Deny: true}}, {Name: "a", Then: policy.Then{Deny: true}}}},
		{Tests: []policy.Test{{Name: "nothing to test"}}},
		{Rules: deny(`true`).Rules, Tests: []policy.Test{{Name: "wrong", Want: policy.Want{}}}},
		{Rules: deny(`true`).Rules, Tests: []policy.Test{{Name: "wrong rule", Want: policy.Want{Then: policy.Then{Deny: true}, Rules: []string{"two"}}}}},
	} {
		if err := c.Validate(); err == nil {
			t.Errorf("taken: %+v", c)
		}
	}
}

// A rule that cannot be evaluated for somebody denies them, whatever else applies.
func TestErrorsDeny(t *testing.T) {
	p, err := policy.New(deny(`person.groups.size() > 0 && person.groups[0] == "x" && person.groups[7] == "y" || person.groups.size() == 2 && person.groups[2] == "z"`))
	if err != nil {
		t.Fatal(err)
	}
	g := given()
	if d := p.Decide(&g); !d.Deny || d.Err == nil {
		t.Errorf("%+v", d)
	}
	p, err = policy.New(deny("request.scopes.all(a, request.scopes.all(b, a + b != '')) && false"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		g.Request.Scopes = append(g.Request.Scopes, "s")
	}
	if d := p.Decide(&g); !d.Deny || d.Err == nil {
		t.Errorf("four million steps are taken: %+v", d)
	}
}

// Of several rules the strictest part of each counts, in whatever order they stand.
func TestTheStrictestCounts(t *testing.T) {
	a := policy.Then{ACR: "2", MaxAge: policy.For(time.Hour), Methods: []string{"pwd", "otp", "swk"}, Remember: policy.For(24 * time.Hour), Idle: policy.For(time.Hour)}
	b := policy.Then{ACR: "phr", MaxAge: policy.For(30 * time.Minute), Methods: []string{"swk", "hwk", "pwd"}, Remember: policy.For(0), Absolute: policy.For(8 * time.Hour)}
	want := policy.Then{
		ACR: "phr", MaxAge: policy.For(30 * time.Minute), Methods: []string{"pwd", "swk"}, Remember: policy.For(0), Idle: policy.For(time.Hour), Absolute: policy.For(8 * time.Hour),
	}
	for _, rules := range [][]policy.Rule{{{Name: "a", Then: a}, {Name: "b", Then: b}}, {{Name: "b", Then: b}, {Name: "a", Then: a}}} {
		c := policy.Config{Rules: rules, Tests: []policy.Test{{Name: "both", Want: policy.Want{Then: want}}}}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
	nothing := policy.Config{Rules: []policy.Rule{{Name: "a", Then: policy.Then{Methods: []string{"pwd"}}}, {Name: "b", Then: policy.Then{Methods: []string{"swk"}}}}}
	p, err := policy.New(nothing)
	if err != nil {
		t.Fatal(err)
	}
	if d := p.Decide(&policy.Given{}); !d.Deny {
		t.Error("no method is left, and it is allowed")
	}
}

func TestLacks(t *testing.T) {
	for _, c := range []struct {
		then policy.Then
		acr  string
		amr  []string
		age  time.Duration
		want policy.Lack
	}{
		{policy.Then{}, "1", []string{"pwd"}, 0, policy.Nothing},
		{policy.Then{Deny: true, ACR: "2"}, "2", nil, 0, policy.Leave},
		{policy.Then{ACR: "2"}, "1", []string{"pwd"}, 0, policy.Class},
		{policy.Then{ACR: "2"}, "phr", []string{"swk", "user"}, 0, policy.Nothing},
		{policy.Then{MaxAge: policy.For(time.Hour)}, "1", nil, time.Hour, policy.Nothing},
		{policy.Then{MaxAge: policy.For(time.Hour)}, "1", nil, time.Hour + 1, policy.Fresh},
		{policy.Then{Methods: []string{"swk", "hwk"}}, "phr", []string{"swk", "user"}, 0, policy.Nothing},
		{policy.Then{Methods: []string{"swk", "pwd"}}, "2", []string{"pwd", "swk", "mfa"}, 0, policy.Nothing},
		{policy.Then{Methods: []string{"pwd"}}, "2", []string{"pwd", "sms", "mfa"}, 0, policy.Method},
	} {
		if got := (policy.Decision{Then: c.then}).Lacks(c.acr, c.amr, c.age); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestFinal(t *testing.T) {
	for l, want := range map[policy.Lack][2]bool{ // just now, and a minute ago
		policy.Nothing: {}, policy.Fresh: {}, policy.Class: {true, false}, policy.Method: {true, false}, policy.Leave: {true, true},
	} {
		if got := [2]bool{l.Final(time.Second), l.Final(time.Minute)}; got != want {
			t.Errorf("%q: %v", l, got)
		}
	}
}

func TestNoRulesDecideNothing(t *testing.T) {
	p, err := policy.New(policy.Config{})
	if err != nil || p.On() || (*policy.Policy)(nil).On() {
		t.Fatal(err)
	}
	g := given()
	if d := p.Decide(&g); len(d.Rules) != 0 || d.Lacks("1", []string{"pwd"}, time.Hour) != policy.Nothing {
		t.Errorf("%+v", d)
	}
}

// FuzzRule: whatever is written as a rule is refused or decides; nothing panics, and nothing that cannot be evaluated allows.
func FuzzRule(f *testing.F) {
	for _, s := range []string{`client.id == "bank"`, `person.groups.exists(g, g.startsWith("a"))`, `network.within(["10.0.0.0/8"])`, `"\x00" in request.scopes`, `((((`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, when string) {
		if len(when) > 2000 {
			return
		}
		p, err := policy.New(deny(when))
		if err != nil {
			return
		}
		g := given()
		if d := p.Decide(&g); d.Err != nil && !d.Deny {
			t.Fatalf("%q: %+v", when, d)
		}
	})
}

func TestDurations(t *testing.T) {
	var then policy.Then
	if err := json.Unmarshal([]byte(`{"max_age":"90m","remember":"0s"}`), &then); err != nil || then.MaxAge != policy.For(90*time.Minute) || then.Remember != policy.For(0) || then.Idle.Set {
		t.Fatal(then, err)
	}
	if b, err := json.Marshal(then); err != nil || string(b) != `{"max_age":"1h30m0s","remember":"0s"}` {
		t.Errorf("%s %v", b, err)
	}
	for _, bad := range []string{`{"idle":"5"}`, `{"idle":"-5m"}`, `{"idle":"soon"}`} {
		if err := json.Unmarshal([]byte(bad), &then); err == nil || !strings.Contains(err.Error(), "15m") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

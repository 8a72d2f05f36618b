package password

import (
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/login"
)

// Config is how many attempts are allowed. A zero setting is the default.
//
// The counts are kept in memory, by each node for itself: they are allowances,
// and a restart forgives them.
type Config struct {
	Account  login.Allowance `config:"account" doc:"Attempts at one account from browsers that it has never used. Nobody can use them up for the account's own browsers."`
	Device   login.Allowance `config:"device" doc:"Attempts at one account from one browser that has signed in to it before."`
	Address  login.Allowance `config:"address" doc:"Attempts from one IPv4 address or IPv6 /64."`
	Spray    login.Allowance `config:"spray" doc:"Attempts with one and the same password, whatever the account."`
	Everyone login.Allowance `config:"everyone" doc:"Attempts of all strangers together. Browsers that an account has used are not counted."`
}

// Validate reports an allowance that cannot be kept.
func (c Config) Validate() error {
	c = c.withDefaults()
	for name, a := range map[string]login.Allowance{
		"account": c.Account, "device": c.Device, "address": c.Address, "spray": c.Spray, "everyone": c.Everyone,
	} {
		if err := a.Check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// withDefaults: an account's waits follow NIST SP 800-63B-4 section 3.2.2, from
// half a minute to an hour and never more than a hundred attempts in a row.
func (c Config) withDefaults() Config {
	defaults := []struct{ given, used *login.Allowance }{
		{&c.Account, &login.Allowance{Free: 5, First: 30 * time.Second, Longest: time.Hour, Leak: 24 * time.Hour, InARow: 100}},
		{&c.Device, &login.Allowance{Free: 10, First: 30 * time.Second, Longest: time.Hour, Leak: 24 * time.Hour, InARow: 100}},
		{&c.Address, &login.Allowance{Free: 30, First: 5 * time.Second, Longest: 15 * time.Minute, Leak: 20 * time.Second}},
		{&c.Spray, &login.Allowance{Free: 20, First: time.Minute, Longest: time.Hour, Leak: 5 * time.Minute}},
		{&c.Everyone, &login.Allowance{Free: 600, First: 2 * time.Second, Longest: 10 * time.Second, Leak: 500 * time.Millisecond}},
	}
	for _, d := range defaults {
		*d.given = d.given.Or(*d.used)
	}
	return c
}

// limits are the counters, one for each allowance.
type limits struct {
	account, device, address, spray, everyone *login.Attempts
}

func newLimits(c Config, now func() time.Time) (limits, error) {
	c = c.withDefaults()
	var l limits
	for _, made := range []struct {
		to **login.Attempts
		a  login.Allowance
	}{{&l.account, c.Account}, {&l.device, c.Device}, {&l.address, c.Address}, {&l.spray, c.Spray}, {&l.everyone, c.Everyone}} {
		attempts, err := login.NewAttempts(made.a, now)
		if err != nil {
			return limits{}, err
		}
		*made.to = attempts
	}
	return l, nil
}

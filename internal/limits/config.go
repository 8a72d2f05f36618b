package limits

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Rate is one limit. Settings that are left out keep their defaults.
type Rate struct {
	Events int           `config:"events" doc:"How many in each period, for as long as one likes. Negative: no limit."`
	Per    time.Duration `config:"per" doc:"The period."`
	Burst  int           `config:"burst" doc:"How many may come at once."`
}

// Off says that there is no limit.
func (r Rate) Off() bool { return r.Events < 0 }

func (r Rate) or(d Rate) Rate {
	return Rate{Events: cmp.Or(r.Events, d.Events), Per: cmp.Or(r.Per, d.Per), Burst: cmp.Or(r.Burst, d.Burst)}
}

func (r Rate) check(name string) error {
	if !r.Off() && (r.Per <= 0 || r.Burst < 1 || r.Per/time.Duration(r.Events) < time.Microsecond) {
		return fmt.Errorf("%s: a limit needs a period, a burst, and at most a million a second", name)
	}
	return nil
}

// Addresses are the limits of one address, by kind of route. The defaults leave room for an office of 5,000 people, or a carrier's customers, behind one.
type Addresses struct {
	Token        Rate `config:"token" doc:"The token endpoint and what else machines ask below /oauth2. Default: 1000 each second, 10000 at once."`
	Authorize    Rate `config:"authorize" doc:"Authorization requests, consent, the start page, signing out. Default: 100 each second, 5000 at once."`
	Login        Rate `config:"login" doc:"Pages of signing in, signing up and recovery. Default: 100 each second, 5000 at once."`
	Account      Rate `config:"account" doc:"A person's own pages. Default: 50 each second, 3000 at once."`
	Registration Rate `config:"registration" doc:"Clients that register themselves. Default: 5 each second, 100 at once."`
	Other        Rate `config:"other" doc:"Everything else, and what there is not. Default: 100 each second, 2000 at once."`
}

// Config is what an operator may change. The zero value has the defaults.
type Config struct {
	Exempt  []string  `config:"exempt" default:"[\"127.0.0.0/8\",\"::1/128\"]" doc:"Networks (CIDR) whose requests are not counted by address nor by client: machines of one's own. An address that a trusted proxy did not name is never exempt."`
	Address Addresses `config:"address" doc:"Requests of one IPv4 address or IPv6 /64."`
	Client  Rate      `config:"client" doc:"Requests of one client at one endpoint, once it has proved who it is; of a client without a secret, from one address. Default: 1000 each second, 10000 at once."`
	Account Rate      `config:"account" doc:"How often browsers that an account does not know may name it, at each of sign-in, sign-up, recovery and codes, whether there is such an account or not. What succeeds does not count. Default: 10 each minute, 100 at once."`
	Keys    int       `config:"keys" default:"0" doc:"How many addresses, clients and accounts are counted at once, by each limit (about 100 bytes each); 0: 65536. When there are more, those that owe least are forgotten."`
}

func second(events, burst int) Rate { return Rate{Events: events, Per: time.Second, Burst: burst} }

// withDefaults fills in what is not set.
func (c Config) withDefaults() Config {
	a := &c.Address
	a.Token, a.Authorize, a.Login = a.Token.or(second(1000, 10_000)), a.Authorize.or(second(100, 5000)), a.Login.or(second(100, 5000))
	a.Account, a.Registration, a.Other = a.Account.or(second(50, 3000)), a.Registration.or(second(5, 100)), a.Other.or(second(100, 2000))
	c.Client = c.Client.or(second(1000, 10_000))
	c.Account = c.Account.or(Rate{Events: 10, Per: time.Minute, Burst: 100})
	c.Keys = cmp.Or(c.Keys, 1<<16)
	return c
}

// rates are the limits of an address by class.
func (a Addresses) rates() [classes]Rate {
	return [classes]Rate{Token: a.Token, Authorize: a.Authorize, Login: a.Login, Account: a.Account, Register: a.Registration, Other: a.Other}
}

// Validate refuses what cannot be kept.
func (c Config) Validate() error {
	c = c.withDefaults()
	found := []error{c.Client.check("client"), c.Account.check("account")}
	for class, r := range c.Address.rates() {
		if Class(class) != Uncounted {
			found = append(found, r.check("address."+Class(class).String()))
		}
	}
	if c.Keys < 16 {
		found = append(found, errors.New("keys: at least 16"))
	}
	_, err := c.exempt()
	return errors.Join(append(found, err)...)
}

func (c Config) exempt() (out []netip.Prefix, err error) {
	for _, s := range c.Exempt {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("exempt: %q is no network such as 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}

package limits

import (
	"context"
	"net/netip"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
)

// Indexer hides keys before they leave the process (keys.Ring): they name addresses, clients and accounts.
type Indexer interface {
	Index(table, column string, value []byte) []byte
}

// Deps is what New needs.
type Deps struct {
	Shared  Shared                               // counts for all nodes; nil: each counts for itself
	Ring    Indexer                              // needed with Shared
	Changed func(ctx context.Context, err error) // the shared store does not answer, or, with nil, does again; nil: nobody is told
	Now     func() time.Time
}

// Limits counts. It is safe for concurrent use.
type Limits struct {
	exempt  []netip.Prefix
	address [classes]*bound
	client  *bound
	account *bound
	shared  *guarded // nil: there is none
	ring    Indexer
}

// bound is one limit; nil bounds nothing.
type bound struct {
	name  string
	local *ratelimit.Limiter
}

// New makes the counters.
func New(c Config, d Deps) (*Limits, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	l := &Limits{ring: d.Ring}
	l.exempt, _ = c.exempt() // Validate has read them
	if d.Shared != nil {
		l.shared = &guarded{to: d.Shared, now: d.Now, changed: d.Changed}
	}
	add := func(to **bound, name string, r Rate) (err error) {
		if r.Off() {
			return nil
		}
		*to = &bound{name: name}
		(*to).local, err = ratelimit.New(ratelimit.Config{Events: r.Events, Per: r.Per, Burst: r.Burst, MaxKeys: c.Keys, Now: d.Now})
		return err
	}
	for class, r := range c.Address.rates() {
		if Class(class) == Uncounted {
			continue
		}
		if err := add(&l.address[class], "address."+Class(class).String(), r); err != nil {
			return nil, err
		}
	}
	if err := add(&l.client, "client", c.Client); err != nil {
		return nil, err
	}
	return l, add(&l.account, "account", c.Account)
}

// Exempt says that an address is not counted.
func (l *Limits) Exempt(ip netip.Addr) bool {
	for _, p := range l.exempt {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// Address counts a request of an address to a class of routes. It is refused when wait is above zero: so long until the next one.
func (l *Limits) Address(ctx context.Context, class Class, ip netip.Addr) (wait time.Duration) {
	b := l.address[class]
	if b == nil {
		return 0
	}
	tag := ratelimit.AddrTag(ip)
	return l.take(ctx, b, string(tag[:]))
}

// Pressed says that an address has used up half of what it may at once, on this node.
func (l *Limits) Pressed(class Class, ip netip.Addr) bool {
	b := l.address[class]
	if b == nil {
		return false
	}
	tag := ratelimit.AddrTag(ip)
	return b.local.Used(string(tag[:])) >= 0.5
}

// Client counts a request of a client at an endpoint. ip is where it comes from if that is a part of who it is: anybody can say a public client's name,
// and must not be able to use up what others may. Otherwise it is the zero address.
func (l *Limits) Client(ctx context.Context, endpoint, client string, ip netip.Addr) (wait time.Duration) {
	if l.client == nil {
		return 0
	}
	tag := ratelimit.AddrTag(ip)
	return l.take(ctx, l.client, endpoint+"\x00"+string(tag[:])+client)
}

// Account counts that somebody names an account; act is what for.
func (l *Limits) Account(ctx context.Context, act, name string) (wait time.Duration) {
	if l.account == nil {
		return 0
	}
	return l.take(ctx, l.account, act+"\x00"+name)
}

// AccountPressed says that half of what may be asked about an account at once is used up, on this node.
func (l *Limits) AccountPressed(act, name string) bool {
	return l.account != nil && l.account.local.Used(act+"\x00"+name) >= 0.5
}

// Forgive takes back one that Account counted.
func (l *Limits) Forgive(ctx context.Context, act, name string) {
	if l.account == nil {
		return
	}
	key := act + "\x00" + name
	l.account.local.Give(key)
	if l.shared != nil {
		l.shared.give(ctx, l.sharedKey(l.account, key), l.account.local.Interval())
	}
}

// Size is how many keys are held, for metrics and tests.
func (l *Limits) Size() (n int) {
	for _, b := range append(l.address[:], l.client, l.account) {
		if b != nil {
			n += b.local.Len()
		}
	}
	return n
}

// take counts here first: a key that this node alone has heard too often costs nobody else anything, and when the shared store is away, or was emptied,
// nothing is forgotten.
func (l *Limits) take(ctx context.Context, b *bound, key string) time.Duration {
	if ok, wait := b.local.Allow(key); !ok {
		return wait
	}
	if l.shared == nil {
		return 0
	}
	wait := l.shared.take(ctx, l.sharedKey(b, key), b.local.Interval(), b.local.Window())
	if wait > 0 {
		b.local.Give(key) // refused events are not counted
	}
	return wait
}

// sharedKey says nothing of whom it counts to whoever reads the store.
func (l *Limits) sharedKey(b *bound, key string) string {
	return "jedan:limit:" + string(l.ring.Index("limits", b.name, []byte(key)))
}

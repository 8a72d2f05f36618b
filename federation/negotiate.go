package federation

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Negotiator signs people in by what their browser says of them by itself (Negotiate, RFC 4559).
type Negotiator interface {
	Connector
	// Where says which browsers are asked to.
	Where() Where
	// Accept judges what a browser at an address said, which counts once. A *Refusal says that it does not; ReasonUnknown that it is for another service than this
	// connector's.
	Accept(ctx context.Context, token []byte, from netip.Addr) (*Negotiated, error)
}

// Where says which browsers are asked: those in one of the networks and, if there are agents, whose User-Agent has one of them in it. Elsewhere Windows answers
// Negotiate with a box for a password. Without networks nobody is asked.
type Where struct {
	Networks []netip.Prefix
	Agents   []string
}

func (w Where) near(from netip.Addr) bool {
	return slices.ContainsFunc(w.Networks, func(p netip.Prefix) bool { return p.Contains(from.Unmap()) })
}

func (w Where) by(agent string) bool {
	return len(w.Agents) == 0 || slices.ContainsFunc(w.Agents, func(a string) bool { return strings.Contains(agent, a) })
}

// Negotiated is somebody whose ticket counts.
type Negotiated struct {
	Principal Principal
	At        time.Time // when they proved themselves to their realm
	Answer    []byte    // for the browser, which may want to know that it is us; nil: none
	// Directory is the name of the connector that says who the principal is; empty: Identity does.
	Directory string
	Identity  *Identity
}

// Principal is somebody of a Kerberos realm (RFC 4120 section 6), as a directory is asked for them.
type Principal struct {
	Name      string // without the realm
	Realm     string
	Attribute string // that has it; empty: the directory's own
	Full      bool   // its values are name@realm
}

// String is the principal's whole name.
func (p Principal) String() string { return p.Name + "@" + p.Realm }

// Value is what the attribute has.
func (p Principal) Value() string {
	if p.Full {
		return p.String()
	}
	return p.Name
}

// PrincipalFinder is a directory that knows who a principal is.
type PrincipalFinder interface {
	Connector
	// FindPrincipal returns who it is, as CheckPassword would. A *Refusal says that it is nobody, or that they may not sign in; errs.Unavailable that nothing is known.
	FindPrincipal(ctx context.Context, p Principal) (*Identity, error)
}

// remember keeps where browsers are asked, for whoever cannot wait for the database.
func (r *Registry) remember(all []*Ready) {
	near := []netip.Prefix{}
	for _, c := range all {
		if asks, ok := c.Connector.(Negotiator); ok {
			near = append(near, asks.Where().Networks...)
		}
	}
	r.near.Store(&near)
}

// Near says that a peer may bring a ticket: it is in a network in which browsers are asked, or a proxy in front of all of them.
func (r *Registry) Near(peer netip.Addr, proxies []netip.Prefix) bool {
	near := r.near.Load()
	if near == nil || len(*near) == 0 {
		return false
	}
	return Where{Networks: *near}.near(peer) || Where{Networks: proxies}.near(peer)
}

// Load reads the connectors, so that the first request need not.
func (r *Registry) Load(ctx context.Context) error {
	_, err := r.all.Get(ctx)
	return err
}

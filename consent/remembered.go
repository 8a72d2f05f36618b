package consent

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Remembered says whether an earlier answer covers the request. missing is true
// when the person must be asked: something new, another name or redirect host than
// was shown, an answer that is too old, or a client whose identity nobody can
// assure (SE05). Otherwise granted are the asked scopes that were allowed; an
// optional one that was switched off is neither granted nor asked again.
// A first party's client is granted what it asks.
func (m *Module) Remembered(ctx context.Context, tenant, person, client storage.ID, scopes, resources []string, binding string) (missing bool, granted []string, err error) {
	cl, err := m.d.Registry.ClientByID(ctx, tenant, client)
	if err != nil {
		return true, nil, err
	}
	if cl.Metadata.FirstParty {
		return false, slices.Clone(scopes), nil
	}
	if unassured(cl.Metadata) {
		return true, nil, nil
	}
	c, err := m.d.Consents.ConsentFor(ctx, tenant, person, client)
	if errs.Is(err, errs.NotFound) {
		return true, nil, nil
	}
	if err != nil {
		return true, nil, err
	}
	if !m.counts(c, binding) {
		return true, nil, nil
	}
	granted, covered := cover(c, scopes, resources)
	if !covered {
		return true, nil, nil
	}
	return false, granted, nil
}

// cover compares a request with an answer. What was switched off last stays off,
// though an older answer allowed it.
func cover(c *storage.Consent, scopes, resources []string) (granted []string, covered bool) {
	for _, r := range resources {
		if !c.Resources.Has(r) {
			return nil, false
		}
	}
	for _, s := range scopes {
		switch {
		case c.Declined.Has(s):
		case c.Scopes.Has(s):
			granted = append(granted, s)
		default:
			return nil, false
		}
	}
	return granted, true
}

// unassured reports whether anybody on the person's device could pose as the
// client: a public one that is answered on loopback or a private-use scheme
// (RFC 8252 section 8.6).
func unassured(md storage.ClientMetadata) bool {
	return md.TokenEndpointAuthMethod == "none" && slices.ContainsFunc(md.RedirectURIs, claimable)
}

// claimable reports whether a redirect URI names no host of its own. What does not
// parse is nobody's.
func claimable(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return true
	}
	host := u.Hostname()
	if host == "localhost" {
		return true
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return net.ParseIP(host) != nil // a spelling that only the older parser knows
}

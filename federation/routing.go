package federation

import (
	"context"
	"net/netip"
	"slices"
	"strings"
)

// Visitor is what home-realm discovery goes by. Whether there is an account is not among it.
type Visitor struct {
	Client     string // client_id; empty for our own pages
	Identifier string // what was typed, or hinted; may be empty
	Typed      bool   // it was typed: where they are does not matter any more
	IP         netip.Addr
}

// Home is the connector that somebody is led to; nil: none. The oldest that fits wins. Only those that browsers are sent to lead anywhere.
func (r *Registry) Home(ctx context.Context, v Visitor) (*Ready, error) {
	all, err := r.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if _, redirects := c.Connector.(Redirector); redirects && c.Settings.Serves(v.Client) && c.Settings.Home.fits(v) {
			return c, nil
		}
	}
	return nil, nil
}

func (h Home) fits(v Visitor) bool {
	if i := strings.LastIndexByte(v.Identifier, '@'); i >= 0 && slices.Contains(h.Domains, strings.ToLower(v.Identifier[i+1:])) {
		return true
	}
	if v.Typed {
		return false
	}
	return h.Always && v.Client != "" || slices.ContainsFunc(h.Networks, func(n string) bool {
		p, err := netip.ParsePrefix(n)
		return err == nil && p.Contains(v.IP.Unmap())
	})
}

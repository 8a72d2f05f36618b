package samlsp

import (
	"context"

	"github.com/jedan-auth/jedan-auth/federation"
)

var _ federation.Expirer = (*Connector)(nil)

// Expiring implements federation.Expirer: our certificate, and the last of the identity provider's to end, since any of them counts.
func (c *Connector) Expiring(ctx context.Context) []federation.Expiring {
	var out []federation.Expiring
	if pairs, err := c.deps.Keys.Pairs(ctx); err == nil && pairs.Current.Certificate != nil {
		out = append(out, federation.Expiring{What: "our certificate", At: pairs.Current.Certificate.NotAfter})
	}
	idp, err := c.trust.known(ctx)
	if err != nil || len(idp.keys) == 0 {
		return out
	}
	last := idp.keys[0].NotAfter
	for _, k := range idp.keys {
		if k.NotAfter.After(last) {
			last = k.NotAfter
		}
	}
	return append(out, federation.Expiring{What: "the identity provider's certificate", At: last})
}

package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/app"
)

// checkConnectors looks at the certificates on which sign-ins by other services rest.
func checkConnectors(ctx context.Context, p *patient) finding {
	if p.ring == nil {
		return needs("the data keys")
	}
	soon, err := app.Opened{Config: p.cfg, DB: p.db, Ring: p.ring, Tenant: p.tenant.ID, Now: p.c.Now}.Expiring(ctx)
	if err != nil {
		return trouble("see that the database runs", "%s", sentence(err))
	}
	var ended, ending []string
	for _, e := range soon {
		if e.At.After(p.c.Now()) {
			ending = append(ending, ends(e, "ends"))
		} else {
			ended = append(ended, ends(e, "ended"))
		}
	}
	const fix = "ask the identity provider for its new one; ours: jedan-auth connectors rotate-key NAME"
	switch {
	case len(ended) > 0:
		return trouble(fix, "%s", strings.Join(append(ended, ending...), "; "))
	case len(ending) > 0:
		return warning(fix, "%s", strings.Join(ending, "; "))
	}
	return ok("no certificate ends within 30 days")
}

func ends(e federation.Expiring, word string) string {
	return fmt.Sprintf("%s: %s %s on %s", e.Connector, e.What, word, e.At.UTC().Format(time.DateOnly))
}

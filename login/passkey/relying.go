package passkey

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Party is who passkeys are made for, as browsers see it.
type Party struct {
	ID     string // RP ID
	Origin string // of our pages, as browsers write it
}

// Possible says whether there are passkeys: they are not switched off, and the issuer's host is a name. Browsers take no address.
func Possible(c Config, issuer *url.URL) bool {
	_, err := netip.ParseAddr(issuer.Hostname())
	return !c.Off && err != nil
}

// Settle decides the RP ID, once: a passkey works under the name that it was made for and no other. It is the zero Party where passkeys are off. A
// configured name, or issuer, that would make people's passkeys useless is an error; without passkeys it replaces the old one.
func Settle(ctx context.Context, c Config, store storage.RelyingParties, tenant storage.ID, issuer *url.URL, now time.Time, log *slog.Logger) (Party, error) {
	if !Possible(c, issuer) {
		return Party{}, nil
	}
	host := strings.ToLower(issuer.Hostname())
	want := host
	if c.RPID != "" {
		want = c.RPID
	}
	p := Party{ID: want, Origin: issuer.Scheme + "://" + strings.ToLower(issuer.Host)}
	standing, err := store.EnsureRelyingParty(ctx, &storage.RelyingParty{Tenant: tenant, Name: want, CreatedAt: now})
	if err != nil {
		return Party{}, err
	}
	if standing.Name != want {
		if err := rename(ctx, store, tenant, standing.Name, want, p.Origin); err != nil {
			return Party{}, err
		}
		log.InfoContext(ctx, "passkeys are bound to another domain from now on; there were none", "was", standing.Name, "is", want)
	}
	if want != host && !strings.HasSuffix(host, "."+want) {
		log.WarnContext(ctx, "passkeys work here only while the domain that they are bound to lists this server's origin",
			"list", "https://"+want+"/.well-known/webauthn", "origin", p.Origin)
	}
	return p, nil
}

func rename(ctx context.Context, store storage.RelyingParties, tenant storage.ID, from, to, origin string) error {
	done, err := store.RenameRelyingParty(ctx, tenant, from, to)
	if err == nil && !done {
		err = fmt.Errorf("login.passkeys.rp_id: people have passkeys that are bound to %s, and none of them would work under %s. Set login.passkeys.rp_id to %s"+
			" (and, unless this issuer's host is below it, keep https://%s/.well-known/webauthn served with %s as a related origin), or put the old issuer back",
			from, to, from, from, origin)
	}
	return err
}

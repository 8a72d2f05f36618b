package cli

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// weakness is a finding of the scan.
type weakness struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"` // high, medium, low
	Subject  string `json:"subject"`
	Detail   string `json:"detail"`
	Fix      string `json:"fix"`
}

// scanRule judges one side of the instance and returns what it found.
type scanRule struct {
	name string
	look func(ctx context.Context, a *app.App) ([]weakness, error)
}

func scanRules() []scanRule {
	return []scanRule{
		{"settings", scanSettings}, {"signing_keys", scanKeys}, {"clients", scanClients}, {"people", scanPeople},
	}
}

func (c *cli) securityScan() *cobra.Command {
	cmd := c.verb("scan", "Judge the live instance: settings, keys, clients, stale accounts, weak factors; each finding with its rule and its fix", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out, high := []weakness{}, false
			for _, rule := range scanRules() {
				found, err := rule.look(ctx, a)
				if err != nil {
					return fmt.Errorf("%s: %w", rule.name, err)
				}
				out = append(out, found...)
			}
			for _, w := range out {
				high = high || w.Severity == "high"
			}
			if err := c.list(out, "rule", "severity", "subject", "detail", "fix"); err != nil {
				return err
			}
			if high {
				return errs.New(errs.Conflict, "Something needs mending.")
			}
			return nil
		})
	})
	cmd.Long = "Judge the live instance and change nothing. Ends with 1 when a finding is severe. It knows what the database and the configuration say, not what stands in front of the server."
	return cmd
}

// scanSettings looks at the configuration.
func scanSettings(_ context.Context, a *app.App) (out []weakness, _ error) {
	c := a.Config
	add := func(bad bool, rule, severity, subject, detail, fix string) {
		if bad {
			out = append(out, weakness{rule, severity, subject, detail, fix})
		}
	}
	everybody := slices.ContainsFunc(c.Proxies, func(s string) bool { p, err := netip.ParsePrefix(s); return err == nil && p.Bits() == 0 })
	add(everybody, "settings.proxies", "high", "trusted_proxies", "every peer may say whose request it forwards", "name the networks of your proxies")
	add(c.Passwords.MinLength < 8, "settings.password_length", "high", "passwords.min_length", fmt.Sprintf("%d characters are enough", c.Passwords.MinLength), "8 at the least, 15 where the password stands alone (NIST SP 800-63B-4)")
	add(c.Passwords.MemoryKiB < 19456 || c.Passwords.Iterations < 2, "settings.password_hash", "high", "passwords", "argon2id is below 19 MiB and two passes", "set memory_kib and iterations to the defaults or more")
	add(c.Sessions.Absolute > 90*24*time.Hour, "settings.session_length", "medium", "sessions.absolute", "a sign-in lasts "+c.Sessions.Absolute.String(), "90 days or less")
	add(c.Outbound.AllowHTTP, "settings.outbound_http", "medium", "outbound.allow_http", "the server may fetch without TLS", "switch it off outside development")
	add(c.Risk.Off, "settings.risk_off", "medium", "risk.off", "sign-ins are not judged", "switch it on")
	add(c.Risk.City == "", "settings.no_places", "low", "risk.city", "places are not known: new countries and impossible travel are not seen", "give a file in the MaxMind format")
	return out, nil
}

// scanKeys looks at signing keys that are due for rotation.
func scanKeys(ctx context.Context, a *app.App) (out []weakness, _ error) {
	rows, err := a.DB.SigningKeys(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	newest := map[string]time.Time{}
	for _, k := range rows {
		if k.ActivatesAt.After(newest[k.Algorithm]) {
			newest[k.Algorithm] = k.ActivatesAt
		}
	}
	late := a.Now().Add(-a.Config.Keys.RotateEvery - 2*a.Config.Keys.PublishAhead)
	for alg, at := range newest {
		if at.Before(late) {
			out = append(out, weakness{"keys.old", "medium", alg, "the key signs since " + at.UTC().Format(time.DateOnly), "keys rotate " + alg + ", and let the server run: it rotates by itself"})
		}
	}
	slices.SortFunc(out, func(a, b weakness) int { return strings.Compare(a.Subject, b.Subject) })
	return out, nil
}

// scanClients looks at registrations.
func scanClients(ctx context.Context, a *app.App) (out []weakness, err error) {
	var after storage.ID
	for {
		rows, err := a.DB.Clients(ctx, a.Tenant, after, batch)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			out = append(out, scanClient(&rows[i])...)
			after = rows[i].ID
		}
		if len(rows) < batch {
			return out, nil
		}
	}
}

func scanClient(c *storage.Client) (out []weakness) {
	m := c.Metadata
	for _, uri := range m.RedirectURIs {
		if u, err := url.Parse(uri); err == nil && u.Scheme == "http" && !loopbackHost(u.Hostname()) {
			out = append(out, weakness{"clients.plain_redirect", "high", c.ClientID, "codes are sent over plain http", "register an https redirect URI"})
			break
		}
	}
	if c.SecretPHC != "" {
		out = append(out, weakness{"clients.chosen_secret", "medium", c.ClientID, "the secret was chosen by somebody", "clients rotate-secret " + c.ClientID})
	}
	if slices.Contains(m.GrantTypes, "implicit") {
		out = append(out, weakness{"clients.implicit", "medium", c.ClientID, "tokens travel in URLs (RFC 9700 section 2.1.2)", "use the authorization code"})
	}
	return out
}

func loopbackHost(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// stale is how long nobody may have signed in before an account is called stale.
const stale = 180 * 24 * time.Hour

// scanPeople looks at accounts that nobody uses and at weak hashes.
func scanPeople(ctx context.Context, a *app.App) (out []weakness, err error) {
	var after storage.ID
	for {
		rows, err := a.DB.People(ctx, a.Tenant, after, batch)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			found, err := scanPerson(ctx, a, &rows[i])
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
			after = rows[i].ID
		}
		if len(rows) < batch {
			return out, nil
		}
	}
}

func scanPerson(ctx context.Context, a *app.App, p *storage.Person) (out []weakness, _ error) {
	if p.State != storage.PersonActive {
		return nil, nil
	}
	if p.PasswordHash != "" && !strings.HasPrefix(p.PasswordHash, "$argon2id$") {
		out = append(out, weakness{"people.old_hash", "medium", p.ID.String(), "the password's hash is of an old kind", "it is renewed at the next sign-in; or ask for a new password"})
	}
	last := p.CreatedAt
	b, err := a.DB.RiskBaselineOf(ctx, a.Tenant, p.ID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err == nil {
		last = b.UpdatedAt
	}
	if a.Now().Sub(last) > stale {
		severity := "low"
		if p.Admin {
			severity = "high"
		}
		out = append(out, weakness{"people.stale", severity, p.ID.String(), "nobody has signed in since " + last.UTC().Format(time.DateOnly), "users lock " + p.ID.String()})
	}
	return out, nil
}

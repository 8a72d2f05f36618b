package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

// Results of a check.
const (
	healthy = "ok"
	warned  = "warning"
	failed  = "problem"
	skipped = "skipped" // it needs something that an earlier check did not find
)

// finding is what one check found.
type finding struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// patient is what the checks look at; each fills in what later ones need.
type patient struct {
	c      *cli
	cfg    app.Config
	loaded bool
	db     *gormdb.DB
	schema bool // every migration is applied
	tenant *storage.Tenant
	ring   *keys.Ring
}

// check is one row of the table.
type check struct {
	name string
	run  func(ctx context.Context, p *patient) finding
}

func checks() []check {
	return []check{
		{"configuration", checkConfiguration},
		{"issuer", checkIssuer},
		{"certificate", checkCertificate},
		{"data folder", checkFolder},
		{"file modes", checkModes},
		{"disk", checkDisk},
		{"database", checkDatabase},
		{"schema", checkSchema},
		{"master key", checkMasterKey},
		{"signing keys", checkSigningKeys},
		{"connectors", checkConnectors},
		{"clock", checkClock},
		{"administrator", checkAdministrator},
	}
}

func ok(format string, args ...any) finding {
	return finding{Result: healthy, Detail: fmt.Sprintf(format, args...)}
}

func warning(fix, format string, args ...any) finding {
	return finding{Result: warned, Detail: fmt.Sprintf(format, args...), Fix: fix}
}

func trouble(fix, format string, args ...any) finding {
	return finding{Result: failed, Detail: fmt.Sprintf(format, args...), Fix: fix}
}

func needs(what string) finding {
	return finding{Result: skipped, Detail: "needs " + what}
}

func (c *cli) doctor() *cobra.Command {
	cmd := c.verb("doctor", "Look for what is wrong with the installation, and say how to mend it", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		p := &patient{c: c}
		out, err := p.examine(cmd.Context())
		if err != nil {
			return err
		}
		if err := c.list(out, "check", "result", "detail", "fix"); err != nil {
			return err
		}
		for _, f := range out {
			if f.Result == failed {
				return errs.New(errs.Conflict, "Something needs mending.")
			}
		}
		return nil
	})
	cmd.Long = "Look at configuration, files, database, keys and clock, and change nothing. Ends with 1 when there is a problem."
	return cmd
}

func (p *patient) examine(ctx context.Context) (out []finding, err error) {
	defer func() {
		if p.db != nil {
			err = errors.Join(err, p.db.Close())
		}
	}()
	for _, ch := range checks() {
		f := ch.run(ctx, p)
		f.Check = ch.name
		out = append(out, f)
	}
	return out, ctx.Err()
}

package cli

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	keyfile "github.com/jedan-auth/jedan-auth/internal/keys/file"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

// clockTolerance is how far clocks may be apart before tokens are refused.
const clockTolerance = 5 * time.Second

func mebibytes(n uint64) string { return strconv.FormatUint(n>>20, 10) + " MiB" }

func checkDatabase(ctx context.Context, p *patient) finding {
	if !p.loaded {
		return needs("a usable configuration")
	}
	if err := databaseExists(p.cfg); err != nil {
		return trouble("run serve or init, which make it", "there is no database yet")
	}
	db, err := gormdb.Open(ctx, gormdb.Config{DSN: p.cfg.Database.Reveal(), DataDir: p.cfg.Data, Now: p.c.Now})
	if err == nil {
		p.db, err = db, db.Ping(ctx)
	}
	if err != nil {
		return trouble("see that the database runs, and that URL and password are right", "%s", sentence(err))
	}
	return ok("%s answers", db.Dialect())
}

func checkSchema(ctx context.Context, p *patient) finding {
	if p.db == nil {
		return needs("the database")
	}
	states, err := migrations.Status(ctx, p.db.SQL(), p.db.Dialect(), p.cfg.Data)
	if err != nil {
		return trouble("use a binary that is as new as the one that migrated", "%v", err)
	}
	var pending []string
	for _, s := range states {
		if !s.Applied {
			pending = append(pending, s.Name)
		}
	}
	if len(pending) > 0 {
		return trouble("jedan-auth migrate up", "%d of %d migrations are pending, from %s", len(pending), len(states), pending[0])
	}
	p.schema = true
	return ok("all %d migrations are applied", len(states))
}

// checkMasterKey opens every data key with the master key.
func checkMasterKey(ctx context.Context, p *patient) finding {
	if !p.schema {
		return needs("a migrated database")
	}
	master, err := masterOf(p)
	if err != nil {
		return trouble("put the master key back from its copy, or give it as JEDAN_MASTER_KEY_FILE", "%v", err)
	}
	if p.tenant, err = p.db.TenantByName(ctx, "default"); err != nil {
		return trouble("run serve or init", "nothing was set up yet")
	}
	rows, err := p.db.DataKeys(ctx, p.tenant.ID)
	if err != nil || len(rows) == 0 {
		return trouble("run serve or init", "there are no data keys yet")
	}
	if p.ring, err = keys.OpenRing(ctx, p.db, master, p.tenant.ID, p.c.Now); err != nil {
		return trouble("put the master key back from its copy", "it does not open the data keys: another master key, or a damaged row")
	}
	return ok("it opens all %d data keys", len(rows))
}

func masterOf(p *patient) (*keyfile.Master, error) {
	if p.cfg.MasterKey != "" {
		return keyfile.Parse([]byte(p.cfg.MasterKey.Reveal()))
	}
	return keyfile.Load(filepath.Join(p.cfg.Data, "master.key"))
}

func checkSigningKeys(ctx context.Context, p *patient) finding {
	if p.ring == nil {
		return needs("the data keys")
	}
	rows, err := p.db.SigningKeys(ctx, p.tenant.ID)
	if err != nil {
		return trouble("see that the database runs", "%s", sentence(err))
	}
	var missing, overdue []string
	for _, alg := range p.cfg.Keys.Algorithms {
		switch signing, late := judgeKeys(rows, alg, p.cfg.Keys.RotateEvery, p.c.Now()); {
		case !signing:
			missing = append(missing, alg)
		case late:
			overdue = append(overdue, alg)
		}
	}
	switch {
	case len(missing) > 0:
		return trouble("run serve, which makes them", "no key signs %s", strings.Join(missing, ", "))
	case len(overdue) > 0:
		return warning("run serve, which rotates by itself, or: jedan-auth keys rotate "+strings.Join(overdue, " "), "the keys for %s should have been rotated", strings.Join(overdue, ", "))
	}
	return ok("a key signs each of %s", strings.Join(p.cfg.Keys.Algorithms, ", "))
}

// judgeKeys reports whether a key of the algorithm signs, and whether it should have been followed by another a day ago.
func judgeKeys(rows []storage.SigningKey, alg string, every time.Duration, now time.Time) (signing, late bool) {
	late = true
	for i := range rows {
		k := &rows[i]
		if k.Algorithm != alg || k.RevokedAt != nil {
			continue
		}
		signing = signing || keyState(k, now) == "signing"
		if every <= 0 || now.Before(k.ActivatesAt.Add(every+24*time.Hour)) {
			late = false
		}
	}
	return signing, late
}

// checkClock holds this machine's clock against the database's, or against what was written last.
func checkClock(ctx context.Context, p *patient) finding {
	if p.tenant == nil {
		return needs("the data keys")
	}
	const fix = "synchronise the clock (NTP)"
	if p.db.Dialect() == migrations.Postgres {
		var theirs time.Time
		before := p.c.Now()
		if err := p.db.SQL().QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&theirs); err != nil {
			return trouble("see that the database runs", "the database does not tell the time")
		}
		if d := theirs.Sub(before); d < -clockTolerance || d > clockTolerance+p.c.Now().Sub(before) {
			return trouble(fix, "it differs from the database's by %s", d.Round(time.Second))
		}
		return ok("it agrees with the database's")
	}
	newest, err := p.db.AuditEvents(ctx, p.tenant.ID, storage.AuditFilter{Newest: true, Limit: 1})
	if err != nil {
		return trouble("see that the database runs", "%s", sentence(err))
	}
	if len(newest) > 0 {
		if ahead := newest[0].Time.Sub(p.c.Now()); ahead > clockTolerance {
			return trouble(fix, "the last event is %s in the future: the clock was set back", ahead.Round(time.Second))
		}
	}
	return ok("%s", p.c.Now().UTC().Format(time.RFC3339))
}

func checkAdministrator(ctx context.Context, p *patient) finding {
	if p.tenant == nil {
		return needs("the data keys")
	}
	exists, err := p.db.AdminExists(ctx, p.tenant.ID)
	switch {
	case err != nil:
		return trouble("see that the database runs", "%s", sentence(err))
	case !exists:
		return warning("jedan-auth init --setup-link, and open the link", "there is none")
	}
	return ok("there is one")
}

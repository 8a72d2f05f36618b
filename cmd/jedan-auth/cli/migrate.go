package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

func (c *cli) migrate() *cobra.Command {
	return group("migrate", "The database's schema: up, down, status", c.migrateUp(), c.migrateDown(), c.migrateStatus())
}

// stepView is one migration as it is printed.
type stepView struct {
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	Applied   bool       `json:"applied"`
	AppliedAt *time.Time `json:"applied_at,omitempty"`
}

func (c *cli) listSteps(states []migrations.State) error {
	out := []stepView{}
	for _, s := range states {
		v := stepView{Version: s.Version, Name: s.Name, Applied: s.Applied}
		if !s.AppliedAt.IsZero() {
			v.AppliedAt = utc(&s.AppliedAt)
		}
		out = append(out, v)
	}
	return c.list(out, "version", "name", "applied", "applied_at")
}

// withDatabase opens the database and nothing else: its schema may be of any version.
func (c *cli) withDatabase(cmd *cobra.Command, mustExist bool, f func(ctx context.Context, db *gormdb.DB, dataDir string) error) error {
	cfg, err := c.load(nil)
	if err != nil {
		return err
	}
	if mustExist {
		if err := databaseExists(cfg); err != nil {
			return err
		}
	}
	db, err := gormdb.Open(cmd.Context(), gormdb.Config{DSN: cfg.Database.Reveal(), DataDir: cfg.Data, Now: c.Now})
	if err != nil {
		return err
	}
	return errors.Join(f(cmd.Context(), db, cfg.Data), db.Close())
}

// databaseExists keeps commands that only look from making a SQLite file.
func databaseExists(cfg app.Config) error {
	path, isFile := sqlitePath(cfg)
	if !isFile {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "There is no database yet: serve, init or migrate up makes it.")
	}
	return nil
}

// sqlitePath is the database's file; false when it is no file.
func sqlitePath(cfg app.Config) (string, bool) {
	if cfg.Database == "" {
		return filepath.Join(cfg.Data, "jedan-auth.db"), true
	}
	return strings.CutPrefix(cfg.Database.Reveal(), "sqlite:")
}

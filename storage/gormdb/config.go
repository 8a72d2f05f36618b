package gormdb

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Config says where the database is and how it is used.
type Config struct {
	// DSN is "sqlite:PATH" or "postgres://…". A relative PATH is relative to the working directory.
	DSN string
	// DataDir is the data folder. It is where an empty DSN puts the SQLite file, jedan-auth.db.
	DataDir string
	// MaxConns bounds connections: of the PostgreSQL pool (default 20), or of SQLite's readers (default 4). SQLite has one writer besides.
	MaxConns int
	// Now is the clock of change rows and of Tail; nil is time.Now.
	Now func() time.Time
	// OnCommit, if set, gets the changes of each commit of this process before the call that made them returns. Seq is zero in them: Tail
	// delivers the same changes again, numbered, among those of other processes. It must be quick and must not write to this database.
	OnCommit func([]storage.Change)
	// Farewell, if set, makes the messages to clients whose sign-ins have ended; see storage.Farewell.
	Farewell storage.Farewell
}

const defaultFile = "jedan-auth.db"

func (c Config) withDefaults() Config {
	if c.DSN == "" {
		c.DSN = "sqlite:" + filepath.Join(c.DataDir, defaultFile)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnCommit == nil {
		c.OnCommit = func([]storage.Change) {}
	}
	return c
}

// target splits the DSN into the dialect and what that dialect opens: a path, or the URL as it is.
func (c Config) target() (migrations.Dialect, string, error) {
	if path, ok := strings.CutPrefix(c.DSN, "sqlite:"); ok {
		if path == "" || strings.Contains(path, ":memory:") {
			return "", "", errs.New(errs.Invalid, "A SQLite database needs a file: sqlite:PATH.")
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", "", fmt.Errorf("gormdb: %w", err)
		}
		return migrations.SQLite, abs, nil
	}
	if strings.HasPrefix(c.DSN, "postgres://") || strings.HasPrefix(c.DSN, "postgresql://") {
		return migrations.Postgres, c.DSN, nil
	}
	return "", "", errs.New(errs.Invalid, "A database is sqlite:PATH or postgres://….") // the DSN may hold a password: it is not repeated
}

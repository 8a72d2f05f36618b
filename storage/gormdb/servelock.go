package gormdb

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/migrations/flock"
)

// LockServe makes this process the one server on its SQLite file until the returned value is closed or the process ends. A second one gets
// errs.Conflict with the first one's process id and host. Command line processes do not ask for it. On PostgreSQL any number may serve.
func (d *DB) LockServe() (io.Closer, error) {
	if d.dialect == migrations.Postgres {
		return io.NopCloser(nil), nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	l, err := flock.Try(d.path+".serve.lock", fmt.Sprintf("process %d on %s", os.Getpid(), host))
	if held, ok := errors.AsType[*flock.HeldError](err); ok {
		return nil, errs.Wrap(errs.Conflict, fmt.Sprintf("Another server runs on %s: %s. Stop it first, or use PostgreSQL.", d.path, held.Note), held)
	}
	if err != nil {
		return nil, fmt.Errorf("gormdb: %w", err)
	}
	return l, nil
}

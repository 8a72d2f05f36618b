package gormdb

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// refuseNetworkFolder keeps SQLite off file systems whose locks and shared memory do not work between machines: a database there gets lost.
func refuseNetworkFolder(dir string, stat func(string) (unix.Statfs_t, error)) error {
	st, err := stat(dir)
	if err != nil {
		return fmt.Errorf("gormdb: %s: %w", dir, err)
	}
	if name := networkFS(&st); name != "" {
		return errs.New(errs.Invalid, fmt.Sprintf(
			"SQLite needs a local disk, and %s is on a network file system (%s). Move the data folder to a local disk, or use PostgreSQL.", dir, name))
	}
	return nil
}

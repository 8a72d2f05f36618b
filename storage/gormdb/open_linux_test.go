package gormdb

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func TestDSNs(t *testing.T) {
	for _, dsn := range []string{"sqlite:", "sqlite::memory:", "mysql://x", "x.db", "postgres//x", "postgres://u:hunter2@host:port/x"} {
		_, err := Open(context.Background(), Config{DSN: dsn})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v", dsn, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password is in the error: %v", err)
		}
	}
}

func TestAnEmptyDSNIsAFileInTheDataFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b%20?#", "data")
	d, err := Open(context.Background(), Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{
		dir: 0o700 | os.ModeDir, d.Path(): 0o600, d.Path() + "-wal": 0o600, filepath.Join(dir, "jedan-auth.db"): 0o600,
	} {
		st, err := os.Stat(path)
		if err != nil || st.Mode() != mode {
			t.Errorf("%s: %v %v", path, st.Mode(), err)
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := d.writerSQL.QueryRowContext(context.Background(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", pragma, got, err, want)
		}
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	_, err := Open(context.Background(), Config{DSN: "postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=1"})
	if !errs.Is(err, errs.Unavailable) || errs.RetryAfterOf(err) == 0 {
		t.Errorf("got %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the password is in the error: %v", err)
	}
}

func TestNetworkFileSystemsAreRefused(t *testing.T) {
	stat := func(magic int64) func(string) (unix.Statfs_t, error) {
		return func(string) (unix.Statfs_t, error) { return unix.Statfs_t{Type: magic}, nil }
	}
	negative := uint32(unix.CIFS_SUPER_MAGIC)
	for magic, name := range map[int64]string{
		unix.NFS_SUPER_MAGIC: "NFS", unix.CIFS_SUPER_MAGIC: "SMB", unix.SMB2_SUPER_MAGIC: "SMB", unix.SMB_SUPER_MAGIC: "SMB", unix.V9FS_MAGIC: "9P",
		unix.FUSE_SUPER_MAGIC: "FUSE", unix.CEPH_SUPER_MAGIC: "Ceph", int64(int32(negative)): "SMB",
	} {
		err := refuseNetworkFolder("/mnt/x", stat(magic))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.MessageOf(err), name) || !strings.Contains(errs.MessageOf(err), "/mnt/x") {
			t.Errorf("%#x: got %v", magic, err)
		}
	}
	for _, magic := range []int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC} {
		if err := refuseNetworkFolder("/", stat(magic)); err != nil {
			t.Errorf("%#x: got %v", magic, err)
		}
	}
}

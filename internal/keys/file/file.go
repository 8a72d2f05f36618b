package file

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
)

const (
	keySize = 32
	maxFile = 4096
	comment = "# Jedan-Auth master key. With it and the database everything can be read; without it the database is lost.\n" +
		"# Keep a copy elsewhere, and never beside a backup of the database.\n"
)

// Master wraps data keys with XAES-256-GCM under a key that it holds in memory.
type Master struct{ key *seal.Key }

var _ keys.Master = (*Master)(nil)

// Wrap implements keys.Master.
func (m *Master) Wrap(aad, raw []byte) ([]byte, error) { return m.key.SealBytes(aad, raw), nil }

// Unwrap implements keys.Master.
func (m *Master) Unwrap(aad, wrapped []byte) ([]byte, error) { return m.key.OpenBytes(aad, wrapped) }

// Ensure reads the key file at path, or makes one (mode 0600) if there is none; made says which. When several processes start at once, one file
// stands and all read it. The folder must exist.
func Ensure(path string) (m *Master, made bool, err error) {
	m, err = Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, false, err
	}
	if made, err = create(path); err != nil {
		return nil, false, fmt.Errorf("master key: %w", err)
	}
	m, err = Load(path)
	return m, made, err
}

// Load reads the key file at path. A file that group or others can read is refused; a missing one is fs.ErrNotExist.
func Load(path string) (*Master, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("master key: others may read %s (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	m, err := Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, path)
	}
	return m, nil
}

// Parse reads a master key from text: base64 (either alphabet) of 32 random bytes, with lines that begin with # as comments.
func Parse(text []byte) (*Master, error) {
	var encoded strings.Builder
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			encoded.WriteString(line)
		}
	}
	canonical := strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(encoded.String(), "="))
	raw, err := base64.RawURLEncoding.Strict().DecodeString(canonical)
	if err != nil || len(raw) != keySize {
		return nil, errors.New("master key: not 32 bytes in base64") // never the error of the decoder: it may quote its input
	}
	if bytes.Count(raw, raw[:1]) == keySize {
		return nil, errors.New("master key: all bytes are equal; make one with: openssl rand -base64 32")
	}
	key, err := seal.NewKey(1, raw)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return &Master{key: key}, nil
}

// Generate is the text of a fresh key file.
func Generate() []byte {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails since Go 1.24: it crashes the process instead
	return append([]byte(comment), base64.RawURLEncoding.EncodeToString(raw)+"\n"...)
}

// create writes a temporary file and links it into place, so that the file is whole or absent after a crash, and never replaces another.
func create(path string) (made bool, err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".master-key-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // a left-over is harmless
	_, err = tmp.Write(Generate())
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return false, err
	}
	switch err = os.Link(tmp.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return false, nil // another process was first: its key stands
	case err != nil:
		return false, err
	}
	return true, syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

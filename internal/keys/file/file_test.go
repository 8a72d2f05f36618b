package file

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestEnsureMakesOnePrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a missing file: %v", err)
	}
	m, made, err := Ensure(path)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	wrapped, err := m.Wrap([]byte("aad"), []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	again, made, err := Ensure(path)
	if err != nil || made {
		t.Fatal(made, err)
	}
	if raw, err := again.Unwrap([]byte("aad"), wrapped); err != nil || string(raw) != "key" {
		t.Errorf("got %q, %v", raw, err)
	}
	if _, err := again.Unwrap([]byte("other"), wrapped); err == nil {
		t.Error("unwraps with other associated data")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestEnsureTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	masters := make([]*Master, 8)
	var made [8]bool
	var wg sync.WaitGroup
	for i := range masters {
		wg.Go(func() {
			m, mine, err := Ensure(path)
			if err != nil {
				t.Error(err)
				return
			}
			masters[i], made[i] = m, mine
		})
	}
	wg.Wait()
	count := 0
	wrapped, err := masters[0].Wrap(nil, []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range masters {
		if made[i] {
			count++
		}
		if _, err := m.Unwrap(nil, wrapped); err != nil {
			t.Errorf("%d has another key", i)
		}
	}
	if count != 1 {
		t.Errorf("%d say they made it", count)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte, mode os.FileMode) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, text, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(p, mode); err != nil { // whatever the umask
			t.Fatal(err)
		}
		return p
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o610} {
		if _, err := Load(write("open", Generate(), mode)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if _, err := Load(write("owner", Generate(), 0o400)); err != nil {
		t.Errorf("mode 400: %v", err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("a folder is taken")
	}
	secret := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("secret!"), 7))
	_, err := Load(write("long", []byte(secret), 0o600))
	if err == nil || strings.Contains(err.Error(), secret[:8]) {
		t.Errorf("got %v", err)
	}
	if _, _, err := Ensure(filepath.Join(dir, "none", "master.key")); err == nil {
		t.Error("a missing folder is no error")
	}
}

func TestParse(t *testing.T) {
	raw := make([]byte, keySize)
	for i := range raw {
		raw[i] = byte(255 - i)
	}
	want, err := Parse([]byte(base64.RawURLEncoding.EncodeToString(raw)))
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := want.Wrap(nil, []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	std := base64.StdEncoding.EncodeToString(raw)
	for _, good := range []string{std, std + "\n", " " + std + "\r\n", "# note\n" + std + "\n# end", std[:20] + "\n" + std[20:]} {
		m, err := Parse([]byte(good))
		if err != nil {
			t.Errorf("%q: %v", good, err)
			continue
		}
		if _, err := m.Unwrap(nil, wrapped); err != nil {
			t.Errorf("%q: another key", good)
		}
	}
	zero := base64.StdEncoding.EncodeToString(make([]byte, keySize))
	for _, bad := range []string{"", "# only a note", "password", std[:42], std + "AA", zero, strings.Repeat("ab", 32)} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

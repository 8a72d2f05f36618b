package app

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestContainerShare(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]int64{"max\n": math.MaxInt64, "500\n": 375, "-1": math.MaxInt64, "": math.MaxInt64} {
		file := filepath.Join(dir, "memory.max")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := containerShare(file); got != want {
			t.Errorf("%q: %d", content, got)
		}
	}
	if got := containerShare(filepath.Join(dir, "missing")); got != math.MaxInt64 {
		t.Errorf("no file: %d", got)
	}
}

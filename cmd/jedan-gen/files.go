package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func write(root string, files map[string]string) error {
	for path, text := range files {
		full := filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil { //nolint:gosec // documentation, for everybody to read
			return err
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil { //nolint:gosec // documentation, for everybody to read
			return err
		}
	}
	return nil
}

// compare names every file that is missing or stale.
func compare(root string, files map[string]string) error {
	var stale []string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path))) //nolint:gosec // a path of ours
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if string(raw) != files[path] {
			stale = append(stale, path)
		}
	}
	if len(stale) > 0 {
		return fmt.Errorf("not fresh: %s; run: go run ./cmd/jedan-gen", strings.Join(stale, ", "))
	}
	return nil
}

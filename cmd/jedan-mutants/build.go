package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jedan-auth/jedan-auth/conformance/attacks"
)

// build makes one test binary for each package, in which any row can be left out.
type build struct {
	root, dir, overlay string
	binaries           map[string]string // by package
}

// newBuild writes the overlay.
func newBuild(_ context.Context, root, dir string) (*build, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	files, err := attacks.Overlay(r.FS())
	if err != nil {
		return nil, err
	}
	base, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	replace := map[string]string{}
	for name, text := range files {
		aside := filepath.Join(dir, strings.ReplaceAll(name, "/", "__"))
		if err := os.WriteFile(aside, text, 0o600); err != nil {
			return nil, err
		}
		replace[filepath.Join(base, filepath.FromSlash(name))] = aside
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return nil, err
	}
	b := &build{root: root, dir: dir, overlay: filepath.Join(dir, "overlay.json"), binaries: map[string]string{}}
	return b, os.WriteFile(b.overlay, list, 0o600)
}

// binary is the package's, built when it is first asked for.
func (b *build) binary(ctx context.Context, pkg string) (string, error) {
	if at, ok := b.binaries[pkg]; ok {
		return at, nil
	}
	at := filepath.Join(b.dir, strings.ReplaceAll(pkg, "/", "__")+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", b.overlay, "-o", at, "./"+pkg+"/") //nolint:gosec // our own data
	cmd.Dir = b.root
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, output)
	}
	b.binaries[pkg] = at
	return at, nil
}

// test runs what watches, without the named row; "" leaves all in place.
func (b *build) test(ctx context.Context, w attacks.Watch, row string) (string, error) {
	binary, err := b.binary(ctx, w.Package)
	if err != nil {
		return "", err
	}
	args := []string{"-test.run=" + w.Run(), "-test.timeout=40m"}
	if row != "" {
		args = append(args, "-test.failfast")
	}
	cmd := exec.CommandContext(ctx, binary, args...) //nolint:gosec // what was just built
	cmd.Dir = filepath.Join(b.root, filepath.FromSlash(w.Package))
	cmd.Env = append(os.Environ(), attacks.RowVariable+"="+row)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	return output.String(), err
}

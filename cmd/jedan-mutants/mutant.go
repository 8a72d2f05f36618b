package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/attacks"
)

// mutant is the program without one row.
type mutant struct {
	row   attacks.Row
	watch attacks.Watch
	src   []byte // the row's file without it
}

// outcome is what became of a mutant.
type outcome string

const (
	killed   outcome = "killed"
	survived outcome = "survived"
	broken   outcome = "does not build"
)

type result struct {
	mutant
	outcome outcome
	killers []string // tests that failed
	took    time.Duration
	output  string // of go test, when it is no kill
}

// plan makes a mutant of every row whose name matches.
func plan(root string, match *regexp.Regexp) ([]mutant, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	rows, err := attacks.Rows(r.FS())
	if err != nil {
		return nil, err
	}
	watches, err := attacks.Watches()
	if err != nil {
		return nil, err
	}
	var out []mutant
	var unwatched []string
	for _, row := range rows {
		if !match.MatchString(row.Name) {
			continue
		}
		w, ok := watches[row.Name]
		if !ok {
			unwatched = append(unwatched, row.Name)
			continue
		}
		src, err := row.Without(r.FS())
		if err != nil {
			return nil, err
		}
		out = append(out, mutant{row: row, watch: w, src: src})
	}
	if len(unwatched) > 0 {
		return nil, fmt.Errorf("rows that no test watches: %v", unwatched)
	}
	if len(out) == 0 {
		return nil, errors.New("no row matches")
	}
	return out, nil
}

// runAll first wants the tests to pass as things are, then runs mutant after mutant and prints a line for each.
func runAll(ctx context.Context, root string, todo []mutant, out io.Writer) ([]result, error) {
	dir, err := os.MkdirTemp("", "jedan-mutants-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := healthy(ctx, root, todo); err != nil {
		return nil, err
	}
	results := make([]result, 0, len(todo))
	for _, m := range todo {
		r, err := m.run(ctx, root, dir)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, "%-14s %-34s %6.1fs  %s\n", r.outcome, m.row.Name, r.took.Seconds(), strings.Join(r.killers, " "))
		if r.outcome != killed {
			fmt.Fprintln(out, r.output)
		}
		results = append(results, r)
	}
	return results, nil
}

// healthy runs everything that watches, unchanged: a test that fails anyway kills nothing.
func healthy(ctx context.Context, root string, todo []mutant) error {
	tests := map[string]attacks.Watch{}
	for _, m := range todo {
		w := tests[m.watch.Package]
		w.Package = m.watch.Package
		for _, t := range m.watch.Tests {
			if !slices.Contains(w.Tests, t) {
				w.Tests = append(w.Tests, t)
			}
		}
		tests[w.Package] = w
	}
	for _, w := range tests {
		if output, err := goTest(ctx, root, w); err != nil {
			return fmt.Errorf("%s fails before any row is gone: %w\n%s", w.Package, err, output)
		}
	}
	return nil
}

// run builds the mutant and runs its tests.
func (m mutant) run(ctx context.Context, root, dir string) (result, error) {
	overlay, err := m.overlay(root, dir)
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	output, err := goTest(ctx, root, m.watch, "-overlay", overlay, "-failfast")
	r := result{mutant: m, outcome: killed, took: time.Since(start), killers: failed(output), output: output}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case err == nil:
		r.outcome = survived
	case !errors.As(err, &exit):
		return r, err
	case len(r.killers) == 0:
		r.outcome = broken
	}
	return r, nil
}

// overlay writes the changed file aside and the list that puts it in its place.
func (m mutant) overlay(root, dir string) (string, error) {
	original, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(m.row.File)))
	if err != nil {
		return "", err
	}
	changed, list := filepath.Join(dir, "row.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(changed, m.src, 0o600); err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	return list, os.WriteFile(list, body, 0o600)
}

func goTest(ctx context.Context, root string, w attacks.Watch, more ...string) (string, error) {
	args := append([]string{"test", "-count=1", "-vet=off", "-timeout=10m", "-ldflags=-s -w", "-run=" + w.Run()}, more...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+w.Package+"/")...) //nolint:gosec // arguments are our own data
	cmd.Dir = root
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	return output.String(), err
}

// failed lists the tests that failed, by their own names.
func failed(output string) []string {
	var out []string
	for line := range strings.Lines(output) {
		for _, prefix := range []string{"--- FAIL: ", "panic: test timed out"} {
			rest, ok := strings.CutPrefix(line, prefix)
			if !ok {
				continue
			}
			name, _, _ := strings.Cut(rest, " ")
			if name = strings.TrimSpace(name); name == "" {
				name = "timeout"
			}
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

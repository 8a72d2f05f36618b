package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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
}

// result is what became of a mutant.
type result struct {
	mutant
	killers []string // tests that failed; none: it survived
	took    time.Duration
	output  string
}

func (r result) outcome() string {
	if len(r.killers) == 0 {
		return "survived"
	}
	return "killed"
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
		w, ok := watches[row.Name]
		switch {
		case !match.MatchString(row.Name):
		case !ok:
			unwatched = append(unwatched, row.Name)
		default:
			out = append(out, mutant{row: row, watch: w})
		}
	}
	if len(unwatched) > 0 {
		return nil, fmt.Errorf("rows that no test watches: %v", unwatched)
	}
	if len(out) == 0 {
		return nil, errors.New("no row matches")
	}
	return out, nil
}

// runAll builds, wants the tests to pass while no row is gone, then runs mutant after mutant and prints a line for each.
func runAll(ctx context.Context, root string, todo []mutant, out io.Writer) ([]result, error) {
	dir, err := os.MkdirTemp("", "jedan-mutants-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b, err := newBuild(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	if err := healthy(ctx, b, todo); err != nil {
		return nil, err
	}
	results := make([]result, 0, len(todo))
	for _, m := range todo {
		r, err := m.run(ctx, b)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(out, "%-8s %-36s %6.1fs  %s\n", r.outcome(), m.row.Name, r.took.Seconds(), strings.Join(r.killers, " "))
		results = append(results, r)
	}
	return results, nil
}

// healthy runs everything that watches with every row in its place: a test that fails anyway notices nothing.
func healthy(ctx context.Context, b *build, todo []mutant) error {
	all := map[string]attacks.Watch{}
	for _, m := range todo {
		w := all[m.watch.Package]
		w.Package = m.watch.Package
		for _, t := range m.watch.Tests {
			if !slices.Contains(w.Tests, t) {
				w.Tests = append(w.Tests, t)
			}
		}
		all[w.Package] = w
	}
	for _, w := range all {
		if output, err := b.test(ctx, w, ""); err != nil {
			return fmt.Errorf("%s fails with every row in its place: %w\n%s", w.Package, err, output)
		}
	}
	return nil
}

// run leaves the row out.
func (m mutant) run(ctx context.Context, b *build) (result, error) {
	start := time.Now()
	output, err := b.test(ctx, m.watch, m.row.Name)
	r := result{mutant: m, took: time.Since(start), output: output}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case err == nil:
		return r, nil
	case !errors.As(err, &exit):
		return r, err
	}
	if r.killers = failed(output); len(r.killers) == 0 {
		return r, fmt.Errorf("%s: the tests broke off: %w\n%s", m.row.Name, err, output)
	}
	return r, nil
}

// failed lists the tests that failed, by their own names.
func failed(output string) []string {
	var out []string
	for line := range strings.Lines(output) {
		if rest, ok := strings.CutPrefix(line, "--- FAIL: "); ok {
			name, _, _ := strings.Cut(rest, " ")
			out = append(out, strings.TrimSpace(name))
		}
		if strings.HasPrefix(line, "panic: ") {
			out = append(out, "panic")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

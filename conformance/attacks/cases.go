package attacks

import (
	"bufio"
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed data/*.tsv
var files embed.FS

// Case is one attack case.
type Case struct {
	ID       string
	Class    string
	Severity string // Crit, High, Med or Low
	Later    string // the endpoint or setting that is missing for the case, or for the rest of it; empty: none
}

// Family is the first two letters of a case's id.
func (c Case) Family() string { return c.ID[:2] }

// Cases lists all cases in order.
func Cases() ([]Case, error) {
	var out []Case
	err := lines("data/cases.tsv", 3, 4, func(f []string) error {
		if slices.ContainsFunc(out, func(c Case) bool { return c.ID == f[0] }) {
			return fmt.Errorf("%s stands twice", f[0])
		}
		out = append(out, Case{ID: f[0], Class: f[1], Severity: f[2], Later: append(f, "")[3]})
		return nil
	})
	return out, err
}

// AllTests stands for every test of the package.
const AllTests = "*"

// Watch names the tests that must fail when a row is gone.
type Watch struct {
	Row     string
	Package string // its folder
	Tests   []string
}

// Run is the pattern for go test -run.
func (w Watch) Run() string {
	if slices.Contains(w.Tests, AllTests) {
		return "."
	}
	return "^(" + strings.Join(w.Tests, "|") + ")$"
}

// Watches lists what is watched, by row.
func Watches() (map[string]Watch, error) {
	out := map[string]Watch{}
	err := lines("data/rows.tsv", 3, 3, func(f []string) error {
		if _, twice := out[f[0]]; twice {
			return fmt.Errorf("%s stands twice", f[0])
		}
		out[f[0]] = Watch{Row: f[0], Package: f[1], Tests: strings.Fields(f[2])}
		return nil
	})
	return out, err
}

// lines hands each line's fields, at least and at most so many, to use; lines that begin with # are notes.
func lines(name string, least, most int, use func([]string) error) error {
	file, err := files.Open(name)
	if err != nil {
		return err
	}
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		line := scanner.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < least || len(f) > most || slices.Contains(f, "") {
			return fmt.Errorf("%s: %q does not have its %d fields", name, line, most)
		}
		if err := use(f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return scanner.Err()
}

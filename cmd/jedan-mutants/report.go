package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// report writes docs/mutants.md.
func report(root string, results []result) error {
	noticed := 0
	var rows strings.Builder
	for _, r := range results {
		by := strings.Join(r.killers, ", ")
		if by == "" {
			by = "**nobody**"
		} else {
			noticed++
		}
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", r.row.Name, r.row.File, by)
	}
	page := fmt.Sprintf("# Mutants\n\nWritten by `make mutants`: each row of the tables of checks was left out in turn, and the test named here failed first. Of %d rows, %d were missed.\n\n"+
		"| row | table | noticed by |\n| --- | --- | --- |\n%s", len(results), noticed, rows.String())
	return os.WriteFile(filepath.Join(root, "docs", "mutants.md"), []byte(page), 0o644) //nolint:gosec // a page for everybody
}

// verdict is an error unless every mutant was killed.
func verdict(results []result) error {
	var wrong []string
	for _, r := range results {
		if len(r.killers) == 0 {
			wrong = append(wrong, r.row.Name)
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d of %d rows can be left out unnoticed: %s", len(wrong), len(results), strings.Join(wrong, ", "))
	}
	return nil
}

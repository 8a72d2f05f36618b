package provider

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A grant that took a person's subject as it is would show it to a client with pairwise subjects: only core.Subjects reads it.
func TestOnlySubjectsReadsThePublicSubject(t *testing.T) {
	reads := regexp.MustCompile(`(?i)person\.Subject\b`)
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if reads.Match(text) {
			t.Errorf("%s reads a person's subject: ask core.Subjects.Of for it", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

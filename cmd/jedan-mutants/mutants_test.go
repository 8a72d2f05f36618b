package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// house is a module with one table of three rows: two that its test notices, and one that it does not.
func house(t *testing.T, test string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"go.mod":                   "module house\n\ngo 1.26\n",
		"login/doc.go":             "package login\n",
		"provider/p/table.go":      "package p\n\ntype row struct {\n\tname  string\n\tcheck func(int) bool\n}\n\nfunc rows() []row {\n\treturn []row{\n\t\t{\"display\", func(n int) bool { return n > 0 }},\n\t\t{\"scope\", func(n int) bool { return n < 10 }},\n\t}\n}\n\nfunc ok(n int) bool {\n\tfor _, r := range rows() {\n\t\tif !r.check(n) {\n\t\t\treturn false\n\t\t}\n\t}\n\treturn true\n}\n",
		"provider/p/table_test.go": test,
		"docs/.keep":               "",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRowsThatNobodyWatchesAreRefused(t *testing.T) {
	dir := house(t, "package p\n")
	if err := run(context.Background(), []string{"-root", dir, "-list"}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "p.display") {
		t.Errorf("got %v", err)
	}
}

func TestKillersAreReadFromTheOutput(t *testing.T) {
	output := "=== RUN TestB\n--- FAIL: TestB (0.01s)\n    x_test.go:1: no\n    --- FAIL: TestB/sub (0.00s)\n--- FAIL: TestA (0.00s)\nFAIL\n"
	if got := failed(output); !slices.Equal(got, []string{"TestA", "TestB"}) {
		t.Errorf("got %v", got)
	}
	if got := failed("# house/p\np/table.go:3:1: syntax error\nFAIL house/p [build failed]\n"); got != nil {
		t.Errorf("a build that failed is no kill: %v", got)
	}
}

func TestTheVerdictNamesSurvivors(t *testing.T) {
	r := result{outcome: survived}
	r.row.Name = "p.scope"
	if err := verdict([]result{{outcome: killed}, r}); err == nil || !strings.Contains(err.Error(), "p.scope survived") {
		t.Errorf("got %v", err)
	}
	if err := verdict([]result{{outcome: killed}}); err != nil {
		t.Error(err)
	}
}

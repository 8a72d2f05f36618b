package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/conformance/attacks"
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
	var gone, noticed result
	gone.row.Name, noticed.killers = "p.scope", []string{"TestA"}
	if err := verdict([]result{noticed, gone}); err == nil || !strings.Contains(err.Error(), "p.scope") {
		t.Errorf("got %v", err)
	}
	if err := verdict([]result{noticed}); err != nil {
		t.Error(err)
	}
}

// The rows of a small house: its test notices that the first is gone, and not that the second is.
func TestARowIsLeftOut(t *testing.T) {
	dir := house(t, "package p\n\nimport \"testing\"\n\nfunc TestDisplay(t *testing.T) {\n\tif ok(0) || !ok(5) {\n\t\tt.Error(\"0 is fine\")\n\t}\n}\n")
	out := t.TempDir()
	b, err := newBuild(t.Context(), dir, out)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"p.display": {"TestDisplay"}, "p.scope": nil} {
		var m mutant
		m.row.Name, m.watch.Package, m.watch.Tests = name, "provider/p", []string{"TestDisplay"}
		r, err := m.run(t.Context(), b)
		if err != nil || !slices.Equal(r.killers, want) {
			t.Errorf("%s: killers %v, %v\n%s", name, r.killers, err, r.output)
		}
	}
	if err := healthy(t.Context(), b, []mutant{{watch: watchAll("provider/p")}}); err != nil {
		t.Error(err)
	}
}

func watchAll(pkg string) (w attacks.Watch) {
	w.Package, w.Tests = pkg, []string{attacks.AllTests}
	return w
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/cmd/jedan-auth/cli"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
)

func TestWriteThenCheck(t *testing.T) {
	root := t.TempDir()
	if err := run(root, true); err == nil || !strings.Contains(err.Error(), "docs/reference/cli.md, docs/reference/configuration.md") {
		t.Errorf("nothing there: %v", err)
	}
	if err := run(root, false); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true); err != nil {
		t.Errorf("fresh: %v", err)
	}
	path := filepath.Join(root, "docs", "reference", "cli.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(raw, ' '), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true); err == nil || strings.Contains(err.Error(), "configuration.md") {
		t.Errorf("stale: %v", err)
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := configurationReference(app.Config{})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := config.Reference(app.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 30 {
		t.Errorf("only %d keys", len(entries))
	}
	for _, e := range entries {
		if !strings.Contains(text, "`"+e.Path+"`") || e.Env != "" && !strings.Contains(text, "`"+e.Env+"`") {
			t.Errorf("%s is missing", e.Path)
		}
	}
	if !strings.Contains(text, "`JEDAN_DATABASE_FILE`") || strings.Contains(text, "`JEDAN_ISSUER_FILE`") {
		t.Error("files are for secrets, and only for them")
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| `") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 5 {
			t.Errorf("not four cells: %s", line)
		}
	}
}

func TestEveryCommandAndFlagIsDocumented(t *testing.T) {
	root := cli.Root()
	text := commandReference(root)
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.HasParent() && !strings.Contains(text, "# "+cmd.CommandPath()+"\n") {
			t.Errorf("%s is missing", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
	for _, flag := range []string{"`--database-file file`", "`--password-stdin`", "`--redirect-uri stringArray`"} {
		if !strings.Contains(text, flag) {
			t.Errorf("%s is missing", flag)
		}
	}
	if strings.Contains(text, "jedan-auth help") || strings.Contains(text, "..\n") {
		t.Error("help is documented, or a sentence ends twice")
	}
}

func TestSectionsOfKeys(t *testing.T) {
	for path, want := range map[string]string{"issuer": "", "tls.key": "tls", "clients[].id": "clients", "login.attempts.max": "login"} {
		if got := sectionOf(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

package modules

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/app"
)

// TestFE_Files: connectors come from files, are changed there alone, and are switched off when their file goes.
func TestFE_Files(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	draft := func(up *upstream, title string) string {
		return `{"kind":"oidc","title":"` + title + `","settings":{"create":true,"config":{"issuer":"` + up.url() + `","client_id":"jedan","client_secret_file":"secret","trust_email":true}}}`
	}
	w := newFE(t, nil, func(c *app.Config) { c.Connectors = dir })
	put("secret", "upstream-secret\n")
	put("notes.txt", "no connector")
	put("files.json", draft(w.up, "From a file"))
	w.Restart()
	row, err := w.App.Connectors.ByName(t.Context(), "files")
	w.must(err)
	if !row.Managed || row.Title != "From a file" || strings.Contains(row.Settings, "secret") {
		t.Errorf("the row: %+v", row)
	}
	b := w.Browser()
	first := w.subject(w.back(b, "files", w.up.visit(w.away(b, "files"))))
	if _, err := w.App.Connectors.Update(t.Context(), "files", func(d *federation.Draft) error { d.Title = "x"; return nil }, operator()); err == nil {
		t.Error("changed elsewhere than in its file")
	}
	if err := w.App.Connectors.Delete(t.Context(), "files", operator()); err == nil {
		t.Error("deleted elsewhere than by its file")
	}
	version := row.Version
	w.Restart()
	if row, err = w.App.Connectors.ByName(t.Context(), "files"); err != nil || row.Version != version {
		t.Errorf("written again although nothing changed: %d, %d, %v", version, row.Version, err)
	}
	w.must(os.Rename(filepath.Join(dir, "files.json"), filepath.Join(dir, "files.off")))
	w.Restart()
	if row, err = w.App.Connectors.ByName(t.Context(), "files"); err != nil || !row.Disabled {
		t.Errorf("its file is gone: %+v, %v", row, err)
	}
	put("files.json", draft(w.up, "Back"))
	w.Restart()
	b = w.Browser()
	if again := w.subject(w.back(b, "files", w.up.visit(w.away(b, "files")))); again != first {
		t.Error("somebody else after the file came back")
	}
}

// TestFE_FilesRefused: what cannot be used stops the start, and so does a name that the database has by itself.
func TestFE_FilesRefused(t *testing.T) {
	w := newFE(t, nil)
	good := map[string]any{"kind": "oidc", "settings": map[string]any{"config": map[string]any{"issuer": w.up.url(), "client_id": "x"}}}
	for name, change := range map[string]func(m map[string]any) (file string){
		"in both":      func(map[string]any) string { return "corp.json" },
		"another kind": func(m map[string]any) string { m["kind"] = "nonsense"; return "one.json" },
		"another name": func(m map[string]any) string { m["name"] = "two"; return "one.json" },
		"a member":     func(m map[string]any) string { m["nonsense"] = 1; return "one.json" },
		"no such config": func(m map[string]any) string {
			m["settings"] = map[string]any{"config": map[string]any{}}
			return "one.json"
		},
		"a bad name": func(map[string]any) string { return "idp.json" },
		"a secret file": func(m map[string]any) string {
			m["settings"] = map[string]any{"config": map[string]any{"issuer": w.up.url(), "client_id": "x", "client_secret_file": "nowhere"}}
			return "one.json"
		},
	} {
		m := map[string]any{}
		raw, err := json.Marshal(good)
		w.must(err)
		w.must(json.Unmarshal(raw, &m))
		file, dir := change(m), t.TempDir()
		raw, err = json.Marshal(m)
		w.must(err)
		w.must(os.WriteFile(filepath.Join(dir, file), raw, 0o600))
		if err := w.App.Connectors.Adopt(context.Background(), dir); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := w.App.Connectors.ByName(t.Context(), "one"); err == nil {
		t.Error("a connector came of it")
	}
}

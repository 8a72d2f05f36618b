package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// run runs one command on a data folder and returns what it printed.
func run(t *testing.T, data string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), append(args, "--data", data, "--config", "/dev/null"), World{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

// Several commands may be the first on an empty folder at once: all succeed, with the same keys.
func TestCommandsThatStartTogether(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	const n = 4
	outs := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			code, out, errs := run(t, data, "keys", "export-jwks")
			if outs[i] = out; code != 0 {
				t.Errorf("exit code %d: %s", code, errs)
			}
		})
	}
	all.Wait()
	_, want, _ := run(t, data, "keys", "export-jwks")
	for _, got := range outs {
		if got != want {
			t.Errorf("another key set:\n%s\n%s", got, want)
		}
	}
}

// audit tail prints what other processes do while it runs, and ends with 0 when it is interrupted.
func TestTailFollows(t *testing.T) {
	data := t.TempDir()
	if code, _, errs := run(t, data, "clients", "create", "--id", "before", "--redirect-uri", "https://a.test/"); code != 0 {
		t.Fatal(errs)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		args := []string{"audit", "tail", "--type", "client.create", "--since", "1h", "--data", data, "--config", "/dev/null", "--output", "json"}
		code := Run(ctx, args, World{Stdin: eof{}, Stdout: w, Stderr: io.Discard})
		_ = w.Close()
		ended <- code
	}()
	lines := bufio.NewScanner(r)
	for _, id := range []string{"before", "after"} {
		if id == "after" {
			if code, _, errs := run(t, data, "clients", "create", "--id", id, "--redirect-uri", "https://a.test/"); code != 0 {
				t.Fatal(errs)
			}
		}
		var ev struct{ Type, Client string }
		if !lines.Scan() {
			t.Fatalf("the tail ended early: %v", lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &ev); err != nil || ev.Client != id || ev.Type != "client.create" {
			t.Errorf("got %s (%v), want %s", lines.Text(), err, id)
		}
	}
	interrupt()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	if lines.Scan() {
		t.Errorf("a line more: %s", lines.Text())
	}
}

// awkward holds what the three forms could read differently.
type awkward struct {
	Text   map[string]string `json:"text"`
	Number float64           `json:"number"`
	Big    int64             `json:"big"`
	Yes    bool              `json:"yes"`
	None   *string           `json:"none"`
	List   []string          `json:"list"`
}

func example() awkward {
	return awkward{
		Text: map[string]string{
			"bool": "true", "number": "0123", "null": "null", "date": "2026-11-24", "empty": "", "lines": "a\nb", "control": "a\x1b[31m\x07\u0085", "bidi": "a\u202eb",
			"html": "<b>&", "colon": "a: b # c", "dash": "- a", "tab": "a\tb", "emoji": "👩\u200d💻",
		},
		Number: 1.5, Big: 1 << 60, Yes: true, List: []string{"1", "x"},
	}
}

func TestJSONAndYAMLSayTheSame(t *testing.T) {
	want := example()
	for _, form := range []string{asJSON, asYAML} {
		var out bytes.Buffer
		c := newCLI(World{Stdout: &out})
		if err := c.print(want, form, nil); err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := yaml.Unmarshal(out.Bytes(), &v); form == asYAML && err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		} else if form == asJSON {
			if err := json.Unmarshal(out.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var got awkward
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		for name, s := range want.Text {
			if got.Text[name] != s {
				t.Errorf("%s: %s is %q, want %q", form, name, got.Text[name], s)
			}
		}
		if got.Number != want.Number || !got.Yes || got.None != nil || len(got.List) != 2 {
			t.Errorf("%s: %+v", form, got)
		}
	}
}

// What people stored never steers the terminal.
func TestTablesHaveNoControlCharacters(t *testing.T) {
	var out bytes.Buffer
	c := newCLI(World{Stdout: &out})
	if err := c.print([]awkward{example()}, asTable, []string{"text.control", "text.bidi", "text.lines", "none", "list", "missing.member"}); err != nil {
		t.Fatal(err)
	}
	if err := c.print(example(), asTable, nil); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\x07\u0085\u202e\t") || !strings.Contains(out.String(), "1, x") {
		t.Errorf("%q", out.String())
	}
	if n := strings.Count(out.String(), "\n"); n != 2+13+5 {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
}

func TestDatabasesThatMayHoldAPassword(t *testing.T) {
	for url, has := range map[string]bool{
		"": false, "sqlite:a:b@c.db": false, "postgres://localhost/x": false, "postgres://jedan@localhost/x?sslmode=disable": false,
		"postgres://jedan:x@localhost/x": true, "postgres://jedan:@localhost/x": true, "postgres://h/x?PASSWORD=x": true, "host=h password=x": true,
		"postgres://a:b@h:port/x": true, "postgres://%zz": true,
	} {
		if mayHoldPassword(url) != has {
			t.Errorf("%s: want %v", url, has)
		}
	}
}

// Every command says what it does, and keeps the flags that all have.
func TestEveryCommandIsDescribed(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: %q", cmd.CommandPath(), cmd.Short)
		}
		for _, name := range []string{"config", "data", "database", "database-file", "output"} {
			if cmd.InheritedFlags().Lookup(name) == nil && cmd.HasParent() {
				t.Errorf("%s has no --%s, or one of its own", cmd.CommandPath(), name)
			}
		}
		for _, name := range []string{"password", "secret", "token"} {
			if cmd.Flags().Lookup(name) != nil {
				t.Errorf("%s takes a secret as an argument: --%s", cmd.CommandPath(), name)
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(Root())
}

// Output that cannot be written is an error, not silence.
func TestAFullPipeIsAnError(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close()
	for _, form := range []string{asTable, asJSON, asYAML} {
		var errs bytes.Buffer
		if code := Run(t.Context(), []string{"version", "--output", form}, World{Stdin: eof{}, Stdout: w, Stderr: &errs}); code != refused {
			t.Errorf("%s: exit code %d, %s", form, code, errs.String())
		}
	}
}

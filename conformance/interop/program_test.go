//go:build interop

package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the built one, with a folder of its own.
type program struct {
	t    *testing.T
	path string
	data string
	env  []string // settings of its own
	// command makes a process; nil: as it is
	command func(name string, args ...string) *exec.Cmd
}

// ran is one run of a command.
type ran struct {
	took   time.Duration
	memory int64 // the largest resident size, in bytes
	out    []byte
}

func build(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, path: filepath.Join(t.TempDir(), "jedan-auth"), data: filepath.Join(t.TempDir(), "data")}
	cmd := exec.Command("go", "build", "-o", p.path, "../../cmd/jedan-auth") //nolint:gosec // the test's own
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	return p
}

// process is a command of the program that has not begun.
func (p *program) process(args ...string) *exec.Cmd {
	command := p.command
	if command == nil {
		command = exec.Command
	}
	cmd := command(p.path, append([]string{"--data", p.data}, args...)...)
	ours := func(s string) bool { return strings.HasPrefix(s, "JEDAN_") } // they are the tests' settings
	cmd.Env = append(slices.DeleteFunc(os.Environ(), ours), `JEDAN_OUTBOUND__ALLOW_NETWORKS=["127.0.0.0/8"]`)
	cmd.Env = append(cmd.Env, p.env...)
	return cmd
}

func (p *program) try(args ...string) (ran, error) {
	cmd := p.process(args...)
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	began := time.Now()
	err := cmd.Run()
	r := ran{took: time.Since(began), out: out.Bytes()}
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.memory = use.Maxrss * 1024
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", strings.Join(args, " "), err, out.String(), failed.String())
	}
	return r, err
}

func (p *program) run(args ...string) ran {
	p.t.Helper()
	r, err := p.try(args...)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// file writes one that only we may read.
func (p *program) file(name string, content any) string {
	p.t.Helper()
	text, ok := content.(string)
	if !ok {
		raw, err := json.Marshal(content)
		if err != nil {
			p.t.Fatal(err)
		}
		text = string(raw)
	}
	at := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return at
}

// report replaces a section of the report by lines.
func report(t *testing.T, title string, lines ...string) {
	t.Helper()
	at := os.Getenv("JEDAN_INTEROP_REPORT")
	if at == "" {
		t.Log(title + "\n" + strings.Join(lines, "\n"))
		return
	}
	if !filepath.IsAbs(at) {
		at = filepath.Join("../..", at)
	}
	old, err := os.ReadFile(at) //nolint:gosec // the operator names it
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if len(old) == 0 {
		old = []byte("# Interoperability\n\nWritten by `make interop` (conformance/interop).\n")
	}
	head := "## " + title + "\n"
	before, after, found := strings.Cut(string(old), head)
	if found {
		if i := strings.Index(after, "\n## "); i >= 0 {
			after = after[i+1:]
		} else {
			after = ""
		}
	}
	machine := fmt.Sprintf("%s, %d cores, %s.", time.Now().UTC().Format("2006-01-02"), runtime.NumCPU(), runtime.Version())
	text := strings.TrimRight(before, "\n") + "\n\n" + head + "\n" + machine + "\n\n" + strings.Join(lines, "\n") + "\n"
	if after != "" {
		text += "\n" + after
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil { //nolint:gosec // a page of the documentation
		t.Fatal(err)
	}
}

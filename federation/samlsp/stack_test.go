package samlsp

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
)

// variant is a line of testdata/variants.py.
type variant struct{ Certificate, Name, Check, XML string }

// Responses that another stack made and signed: hundreds of harmless ones are accepted, thousands of attacks are refused, each by its row.
func TestVariantsByAnotherStack(t *testing.T) {
	python := os.Getenv("JEDAN_SAML_PYTHON")
	if python == "" {
		t.Skip("JEDAN_SAML_PYTHON names no interpreter with signxml")
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/variants.py")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	accepted, attacks := readVariants(t, out)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if accepted < 200 || attacks < 2000 {
		t.Error("too few")
	}
}

// The same without an interpreter: a few of its lines that are kept.
func TestVariantsOfAnotherStackThatAreKept(t *testing.T) {
	kept, err := os.Open("testdata/kept.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	if accepted, attacks := readVariants(t, kept); accepted < 20 || attacks < 20 {
		t.Error("too few")
	}
}

// readVariants tries them line by line, and says how many were accepted and refused as they should be.
func readVariants(t *testing.T, from io.Reader) (accepted, attacks int) {
	t.Helper()
	refusals := map[string]int{}
	var w *world
	for lines := bufio.NewReader(from); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var v variant
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		if v.Certificate != "" {
			w = newWorld(t, func(c *Config) { c.IDPCertificates = []string{v.Certificate} })
			continue
		}
		if w.tries(v); v.Check == "" {
			accepted++
		} else {
			refusals[v.Check]++
			attacks++
		}
	}
	for check, n := range refusals {
		t.Logf("%6d refused by %s", n, check)
	}
	t.Logf("%6d accepted, %d attacks refused", accepted, attacks)
	return accepted, attacks
}

// tries wants one variant accepted as maria, or refused by its row.
func (w *world) tries(v variant) {
	w.t.Helper()
	w.forget()
	id, err := w.c.Complete(w.t.Context(), arrival([]byte(v.XML)))
	var no *federation.Refusal
	switch {
	case v.Check == "" && (err != nil || !strings.HasSuffix(id.Key, `"maria-7"]`)):
		w.t.Errorf("%s: %v", v.Name, err)
	case v.Check != "" && (!errors.As(err, &no) || no.Check != v.Check):
		w.t.Errorf("%s: got %v, want %s", v.Name, err, v.Check)
	}
}

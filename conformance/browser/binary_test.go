package browser

import (
	"encoding/json"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// TestBinary: the program as it is shipped, on an empty folder, prints a link that makes an administrator who can sign in after a restart.
func TestBinary(t *testing.T) {
	c := launch(t, acmeHost, "127.0.0.1:9")
	p := build(t)
	link := p.serve()
	b := c.tab(t, true)
	b.setUp(link)
	p.stop()
	if link := p.serve(); link != "" {
		t.Error("there is a link although there is an administrator")
	}
	b.visit(p.issuer + "/")
	b.see("#home-sign-out") // the session outlives the process
	b.press("#home-sign-out", "#logout-confirm")
	b.press("#logout-confirm", "main .sign.good")
	p.stop()
}

// program is the built server and its data.
type program struct {
	t                    *testing.T
	path, folder, issuer string
	stop                 func() // SIGTERM; the program ends without an error
}

func build(t *testing.T) *program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	p := &program{t: t, path: filepath.Join(t.TempDir(), "jedan-auth"), folder: filepath.Join(t.TempDir(), "data"), issuer: "http://" + l.Addr().String()}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", p.path, "../../cmd/jedan-auth")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// serve starts the program, waits until it answers and returns the set-up link, if it prints one.
func (p *program) serve() string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.path, "serve", "--output", "json", "--data", p.folder, "--issuer", p.issuer, "--listen", p.issuer[len("http://"):])
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(v string) bool { return strings.HasPrefix(v, "JEDAN_") }) // what is for the tests is no setting of the program
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	log := &testkit.Log{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.stop = func() {
		p.t.Helper()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			p.t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			p.t.Errorf("%v\n%s", err, log)
		}
	}
	var ready struct {
		Issuer string `json:"issuer"`
		Link   string `json:"setup_link"`
	}
	if err := json.NewDecoder(out).Decode(&ready); err != nil || ready.Issuer != p.issuer {
		_ = cmd.Process.Kill() // it may have ended by itself, as its log says
		_ = cmd.Wait()
		p.t.Fatalf("the program says %+v, %v\n%s", ready, err, log)
	}
	return ready.Link
}

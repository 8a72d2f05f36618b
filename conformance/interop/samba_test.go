//go:build interop

package interop

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

// samba is an Active Directory domain controller of one test, on an address of its own.
type samba struct {
	t          *testing.T
	name, host string // the host is an address, whose ports are the well-known ones
	folder     string
	ca         string
}

const (
	sambaAdmin = "Admin-secret-1"
	sambaWord  = "Right-horse-1"
)

func (s *samba) conf() string { return filepath.Join(s.folder, "etc/smb.conf") }

func (s *samba) tool(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "samba-tool", append(args, "--configfile="+s.conf())...) //nolint:gosec // the test's own
	text, err := cmd.CombinedOutput()
	return string(text), err
}

func (s *samba) must(args ...string) {
	s.t.Helper()
	if text, err := s.tool(args...); err != nil {
		s.t.Fatalf("samba-tool %v: %v\n%s", args, err, text)
	}
}

// startSamba provisions a domain and serves it.
func startSamba(t *testing.T) *samba {
	t.Helper()
	s := newSamba(t, "dc1", "127.0.83.1")
	cmd := exec.Command("samba-tool", "domain", "provision", "--realm=CORP.EXAMPLE", "--domain=CORP", "--server-role=dc", "--dns-backend=NONE", "--adminpass="+sambaAdmin, //nolint:gosec // the test's own
		"--host-name=dc1", "--host-ip="+s.host, "--targetdir="+s.folder, "--option=bind interfaces only = yes", "--option=interfaces = "+s.host+"/8",
		"--option=ldap server require strong auth = yes")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("provision: %v\n%s", err, text)
	}
	s.certify()
	return s
}

func newSamba(t *testing.T, name, host string) *samba {
	t.Helper()
	if os.Getenv("JEDAN_SAMBA") == "" {
		t.Skip("JEDAN_SAMBA names no Samba (Debian: apt-get install samba-ad-dc samba-ad-provision; JEDAN_SAMBA=/usr/sbin/samba; as root)")
	}
	folder, err := os.MkdirTemp("/var/tmp", "samba") // short: its sockets have long names
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return &samba{t: t, name: name, host: host, folder: folder}
}

// certify gives it a certificate: Samba's own has no name in it that counts (RFC 6125).
func (s *samba) certify() {
	s.t.Helper()
	var key string
	s.ca, key = ldaptest.Certificate(s.t, s.name+".corp.example")
	for name, text := range map[string]string{"ca.pem": s.ca, "cert.pem": s.ca, "key.pem": key} {
		at := filepath.Join(s.folder, "private/tls", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte(text), 0o600)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// serve runs it until the test ends, or until stop.
func (s *samba) serve(services string, command func(name string, args ...string) *exec.Cmd) (stop func()) {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.folder, "out"))
	if err != nil {
		s.t.Fatal(err)
	}
	run := command(os.Getenv("JEDAN_SAMBA"), "-i", "--debug-stdout", "-M", "single", "-s", s.conf(), "--option=server services = "+services, "--option=pid directory = "+s.folder)
	run.Stdout, run.Stderr, run.SysProcAttr = log, log, &syscall.SysProcAttr{Setpgid: true}
	if err := run.Start(); err != nil {
		s.t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL)
		_, _ = run.Process.Wait()
	})
	s.t.Cleanup(stop)
	for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // it is a process of its own
		c, err := net.DialTimeout("tcp", s.host+":636", time.Second)
		if err == nil {
			_ = c.Close()
			return stop
		}
		if time.Now().After(until) {
			text, _ := os.ReadFile(log.Name())
			s.t.Fatalf("samba does not answer: %v\n%s", err, text)
		}
	}
}

// here knows the controllers' names.
type here struct{ net.Dialer }

func (d *here) Dial(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	at := map[string]string{"dc1.corp.example": "127.0.83.1", "dc2.corp.example": "127.0.83.2"}[host]
	return d.DialContext(ctx, "tcp", net.JoinHostPort(at, port))
}

func (*here) Roots() *x509.CertPool { return nil }

func (s *samba) connector(more ...*samba) federation.Connector {
	s.t.Helper()
	servers, ca := []string{}, ""
	for _, dc := range append([]*samba{s}, more...) {
		servers, ca = append(servers, "ldaps://"+dc.name+".corp.example"), ca+dc.ca
	}
	raw, err := json.Marshal(map[string]any{
		"preset": "ad", "servers": servers, "ca": ca, "bind_dn": "CN=Administrator,CN=Users,DC=corp,DC=example", "base_dn": "DC=corp,DC=example",
		"groups": map[string]any{"mode": "in_chain", "primary": true}, "password_change": true, "max_wrong": 50, "page_size": 1000,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	kind := ldap.New(ldap.Deps{Dialer: &here{}, Resolver: net.DefaultResolver, Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)), Now: time.Now})
	made, err := kind.Make(federation.Setup{Name: "corp", Config: raw, Secrets: map[string]string{"bind_password": sambaAdmin}})
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// TestSamba: Active Directory as Samba has it.
func TestSamba(t *testing.T) {
	s := startSamba(t)
	s.serve("ldap", exec.Command)
	for _, name := range []string{"alice", "off", "ended", "change", "fails"} {
		s.must("user", "create", name, sambaWord, "--mail-address="+name+"@mail.example", "--given-name="+name)
	}
	for _, g := range []string{"inner", "middle", "outer"} {
		s.must("group", "add", g)
	}
	s.must("group", "addmembers", "inner", "alice")
	s.must("group", "addmembers", "middle", "inner")
	s.must("group", "addmembers", "outer", "middle")
	s.must("user", "disable", "off")
	s.must("user", "setexpiry", "ended", "--days=-1")
	s.must("user", "setpassword", "change", "--newpassword="+sambaWord, "--must-change-at-next-login")
	s.must("domain", "passwordsettings", "set", "--account-lockout-threshold=4", "--min-pwd-age=0", "--history-length=5")
	c := s.connector()
	check := c.(federation.PasswordChanger)
	var lines []string
	ok := func(what string, good bool, got any) {
		t.Helper()
		if !good {
			t.Errorf("%s: %v", what, got)
			return
		}
		lines = append(lines, "- "+what)
	}
	var key string
	for _, name := range []string{"alice", `CORP\alice`, "alice@corp.example", "alice@mail.example"} {
		id, err := check.CheckPassword(t.Context(), federation.Credentials{Username: name, Password: sambaWord})
		ok("sign-in as `"+name+"`", err == nil && (key == "" || key == id.Key), err)
		if err == nil {
			key = id.Key
			ok("groups in groups and the primary group of `"+name+"`", slices.Equal(id.Groups, []string{"Domain Users", "Users", "inner", "middle", "outer"}), id.Groups)
		}
	}
	refused := func(what, name, password, row string, told bool) {
		t.Helper()
		_, err := check.CheckPassword(t.Context(), federation.Credentials{Username: name, Password: password})
		var no *federation.Refusal
		ok(what, errors.As(err, &no) && no.Check == row && no.Person == told, err)
	}
	refused("a wrong password", "alice", "wrong", "ldap_bind.password", false)
	refused("an unknown name", "nobody", sambaWord, "ldap_entry.some", false)
	refused("filter characters in a name", "al*", sambaWord, "ldap_entry.some", false)
	refused("a disabled account, told with the right password", "off", sambaWord, "ldap_bind.account", true)
	refused("a disabled account, not told with a wrong one", "off", "wrong", "ldap_bind.password", false)
	refused("an expired account", "ended", sambaWord, "ldap_bind.account", true)
	refused("a password that must be changed", "change", sambaWord, "ldap_bind.must_change", true)
	var no *federation.Refusal
	err := check.ChangePassword(t.Context(), federation.Credentials{Username: "change", Password: sambaWord}, "short")
	ok("a new password that the policy does not take", errors.As(err, &no) && no.Reason == federation.ReasonPolicy, err)
	err = check.ChangePassword(t.Context(), federation.Credentials{Username: "change", Password: sambaWord}, "Another-horse-2")
	ok("a password that is changed", err == nil, err)
	_, err = check.CheckPassword(t.Context(), federation.Credentials{Username: "change", Password: "Another-horse-2"})
	ok("sign-in with the changed password", err == nil, err)
	for range 2 {
		refused("wrong passwords of strangers, up to the last two tries", "fails", "wrong", "ldap_bind.password", false)
	}
	refused("the last but one is for browsers that the owner has used", "fails", sambaWord, "ldap_entry.lock", false)
	_, err = check.CheckPassword(t.Context(), federation.Credentials{Username: "fails", Password: "wrong", Known: true})
	ok("such a browser has it", errors.As(err, &no) && no.Check == "ldap_bind.password", err)
	_, err = check.CheckPassword(t.Context(), federation.Credentials{Username: "fails", Password: sambaWord, Known: true})
	ok("the last try is left to its owner at the directory", errors.As(err, &no) && no.Check == "ldap_entry.lock", err)
	s.crowd(3000)
	for range 4 {
		s.bind(t, "CN=change,CN=Users,DC=corp,DC=example", "wrong")
	}
	_, err = check.CheckPassword(t.Context(), federation.Credentials{Username: "change", Password: "Another-horse-2"})
	ok("a locked account, which is told to nobody", errors.As(err, &no) && !no.Person, err)
	syncs(t, s, c, ok)
	report(t, "LDAP: Samba's Active Directory", append([]string{"samba-tool " + version() + ", LDAPS, one domain controller. What was seen to hold:", ""}, slices.Compact(lines)...)...)
}

func version() string {
	text, err := exec.Command("samba-tool", "--version").Output()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(text))
}

// dial is a connection that trusts the controller.
func (s *samba) dial(t *testing.T) *goldap.Conn {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.ca))
	c, err := goldap.DialURL("ldaps://"+s.host, goldap.DialWithTLSConfig(&tls.Config{RootCAs: pool, ServerName: s.name + ".corp.example", MinVersion: tls.VersionTLS12}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bind tries a password past us.
func (s *samba) bind(t *testing.T, dn, password string) {
	t.Helper()
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	if err := c.Bind(dn, password); err == nil {
		t.Error("a wrong password is right")
	}
}

// crowd adds many who cannot sign in.
func (s *samba) crowd(n int) {
	s.t.Helper()
	c := s.dial(s.t)
	defer func() { _ = c.Close() }()
	if err := c.Bind("CN=Administrator,CN=Users,DC=corp,DC=example", sambaAdmin); err != nil {
		s.t.Fatal(err)
	}
	for i := range n {
		name := fmt.Sprintf("crowd%04d", i)
		r := goldap.NewAddRequest("CN="+name+",CN=Users,DC=corp,DC=example", nil)
		r.Attribute("objectClass", []string{"user"})
		r.Attribute("sAMAccountName", []string{name})
		if err := c.Add(r); err != nil {
			s.t.Fatal(err)
		}
	}
}

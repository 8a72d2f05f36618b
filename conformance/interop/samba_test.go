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
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

// samba is an Active Directory domain controller of one test, on an address of its own.
type samba struct {
	t      *testing.T
	folder string
	ca     string
}

const (
	sambaHost  = "127.0.83.1" // its ports are the well-known ones
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

// startSamba has the services that a test wants beside LDAP.
func startSamba(t *testing.T, services ...string) *samba {
	t.Helper()
	program := os.Getenv("JEDAN_SAMBA")
	if program == "" {
		t.Skip("JEDAN_SAMBA names no Samba (Debian: apt-get install samba-ad-dc samba-ad-provision; JEDAN_SAMBA=/usr/sbin/samba; as root)")
	}
	folder, err := os.MkdirTemp("/var/tmp", "samba") // short: its sockets have long names
	if err != nil {
		t.Fatal(err)
	}
	s := &samba{t: t, folder: folder}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	cmd := exec.Command("samba-tool", "domain", "provision", "--realm=CORP.EXAMPLE", "--domain=CORP", "--server-role=dc", "--dns-backend=NONE", "--adminpass="+sambaAdmin, //nolint:gosec // the test's own
		"--host-name=dc1", "--host-ip="+sambaHost, "--targetdir="+folder, "--option=bind interfaces only = yes", "--option=interfaces = "+sambaHost+"/8",
		"--option=ldap server require strong auth = yes")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("provision: %v\n%s", err, text)
	}
	log, err := os.Create(filepath.Join(folder, "out"))
	if err != nil {
		t.Fatal(err)
	}
	var key string
	s.ca, key = ldaptest.Certificate(t, "dc1.corp.example") // Samba's own has no name in it that counts (RFC 6125)
	for name, text := range map[string]string{"ca.pem": s.ca, "cert.pem": s.ca, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(folder, "private/tls", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command(program, "-i", "--debug-stdout", "-M", "single", "-s", s.conf(), "--option=server services = "+strings.Join(append([]string{"ldap"}, services...), ", ")) //nolint:gosec // the test's own
	run.Stdout, run.Stderr = log, log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_, _ = run.Process.Wait()
	})
	for until := time.Now().Add(time.Minute); ; {
		c, err := net.DialTimeout("tcp", sambaHost+":636", time.Second)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(until) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("samba does not answer: %v\n%s", err, text)
		}
	}
	return s
}

// here knows the controller's name.
type here struct{ net.Dialer }

func (d *here) Dial(ctx context.Context, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return d.DialContext(ctx, "tcp", net.JoinHostPort(sambaHost, port))
}

func (*here) Roots() *x509.CertPool { return nil }

func (s *samba) connector() federation.Connector {
	s.t.Helper()
	raw, err := json.Marshal(map[string]any{
		"preset": "ad", "servers": []string{"ldaps://dc1.corp.example"}, "ca": s.ca, "bind_dn": "CN=Administrator,CN=Users,DC=corp,DC=example", "base_dn": "DC=corp,DC=example",
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
		id, err := check.CheckPassword(t.Context(), name, sambaWord)
		ok("sign-in as `"+name+"`", err == nil && (key == "" || key == id.Key), err)
		if err == nil {
			key = id.Key
			ok("groups in groups and the primary group of `"+name+"`", slices.Equal(id.Groups, []string{"Domain Users", "Users", "inner", "middle", "outer"}), id.Groups)
		}
	}
	refused := func(what, name, password, row string, told bool) {
		t.Helper()
		_, err := check.CheckPassword(t.Context(), name, password)
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
	err := check.ChangePassword(t.Context(), "change", sambaWord, "short")
	ok("a new password that the policy does not take", errors.As(err, &no) && no.Reason == federation.ReasonPolicy, err)
	err = check.ChangePassword(t.Context(), "change", sambaWord, "Another-horse-2")
	ok("a password that is changed", err == nil, err)
	_, err = check.CheckPassword(t.Context(), "change", "Another-horse-2")
	ok("sign-in with the changed password", err == nil, err)
	for range 3 {
		refused("wrong passwords up to the last try", "fails", "wrong", "ldap_bind.password", false)
	}
	refused("the last try is left to its owner", "fails", sambaWord, "ldap_entry.lock", false)
	s.crowd(3000)
	for range 4 {
		s.bind(t, "CN=change,CN=Users,DC=corp,DC=example", "wrong")
	}
	_, err = check.CheckPassword(t.Context(), "change", "Another-horse-2")
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
	c, err := goldap.DialURL("ldaps://"+sambaHost, goldap.DialWithTLSConfig(&tls.Config{RootCAs: pool, ServerName: "dc1.corp.example", MinVersion: tls.VersionTLS12}))
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

// syncs lists everybody, then what has changed.
func syncs(t *testing.T, s *samba, c federation.Connector, ok func(what string, good bool, got any)) {
	t.Helper()
	syncer := c.(federation.Syncer)
	list := func(cursor []byte) (map[string]federation.SyncEntry, []string, *federation.SyncEnd, bool) {
		all, gone, full := map[string]federation.SyncEntry{}, []string(nil), false
		end, err := syncer.Sync(t.Context(), cursor, false, func(_ context.Context, p federation.SyncPage) error {
			full, gone = p.Full, append(gone, p.Gone...)
			for _, e := range p.Entries {
				all[e.Attributes["preferred_username"]] = e
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all, gone, end, full
	}
	all, _, end, full := list(nil)
	ok("a full sync of 3,000 under the limit of 1,000 a page", full && len(all) > 3000, len(all))
	ok("a full sync says who is disabled, locked and expired", all["off"].Off == "disabled" && all["change"].Off == "locked" && all["ended"].Off == "expired" && all["alice"].Off == "",
		fmt.Sprint(all["off"], all["change"], all["ended"], all["alice"]))
	key := all["alice"].Key
	s.must("user", "disable", "alice")
	next, _, end, full := list(end.Cursor)
	ok("an incremental sync by uSNChanged", !full && len(next) < len(all) && next["alice"].Off == "disabled", fmt.Sprint(full, next))
	s.must("user", "delete", "alice")
	_, gone, _, full := list(end.Cursor)
	ok("a tombstone", !full && slices.Contains(gone, key), gone)
	absent, err := syncer.Absent(t.Context(), []string{key, all["off"].Key})
	ok("who is asked for and gone", err == nil && slices.Equal(absent, []string{key}), absent)
}

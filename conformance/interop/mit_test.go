//go:build interop

package interop

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mit is a realm of MIT Kerberos of one test, on loopback, with a folder of its own.
type mit struct {
	t      *testing.T
	folder string
	env    []string
}

const (
	mitRealm   = "CORP.EXAMPLE"
	mitService = "HTTP/localhost@" + mitRealm
	mitWord    = "Right-horse-1"
)

const mitClient = `[libdefaults]
 default_realm = CORP.EXAMPLE
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 default_ccache_name = FILE:%[1]s/cc
[realms]
 CORP.EXAMPLE = {
  kdc = %[2]s
 }
[domain_realm]
 localhost = CORP.EXAMPLE
`

const mitServer = `[kdcdefaults]
 kdc_listen = %[2]s
 kdc_tcp_listen = %[2]s
[realms]
 CORP.EXAMPLE = {
  database_name = %[1]s/principal
  key_stash_file = %[1]s/stash
  acl_file = %[1]s/acl
  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal aes256-cts-hmac-sha384-192:normal aes128-cts-hmac-sha256-128:normal
 }
[logging]
 kdc = FILE:%[1]s/log
`

func startMIT(t *testing.T) *mit {
	t.Helper()
	program := os.Getenv("JEDAN_KRB5KDC")
	if program == "" {
		t.Skip("JEDAN_KRB5KDC names no KDC (Debian: apt-get install krb5-kdc krb5-admin-server krb5-user; JEDAN_KRB5KDC=/usr/sbin/krb5kdc)")
	}
	at := free(t)
	m := &mit{t: t, folder: t.TempDir()}
	m.env = append(os.Environ(), "KRB5_CONFIG="+m.file("krb5.conf", fmt.Sprintf(mitClient, m.folder, at)), "KRB5_KDC_PROFILE="+m.file("kdc.conf", fmt.Sprintf(mitServer, m.folder, at)),
		"KRB5CCNAME=FILE:"+filepath.Join(m.folder, "cc"), "PATH="+os.Getenv("PATH")+":/usr/sbin")
	m.must("", "/usr/sbin/kdb5_util", "create", "-s", "-r", mitRealm, "-P", "master")
	m.admin("addprinc -pw " + mitWord + " alice")
	m.admin("addprinc -pw " + mitWord + " nobody")
	m.admin("addprinc -randkey " + mitService)
	run := exec.Command(program, "-n") //nolint:gosec // the test's own
	run.Env = m.env
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_, _ = run.Process.Wait()
	})
	answers(t, at)
	return m
}

func (m *mit) file(name, text string) string {
	m.t.Helper()
	at := filepath.Join(m.folder, name)
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return at
}

// must runs a program in the realm.
func (m *mit) must(in string, name string, args ...string) string {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the test's own
	cmd.Env, cmd.Stdin = m.env, strings.NewReader(in)
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, failed.String())
	}
	return string(out)
}

func (m *mit) admin(query string) string {
	m.t.Helper()
	return m.must("", "/usr/sbin/kadmin.local", "-r", mitRealm, "-q", query)
}

// keytab has all versions of the service's keys that there are.
func (m *mit) keytab() string {
	m.t.Helper()
	at := filepath.Join(m.t.TempDir(), "http.keytab")
	m.admin("ktadd -norandkey -k " + at + " " + mitService)
	return at
}

// signIn gets somebody a ticket of the realm, instead of whoever had one.
func (m *mit) signIn(name string) {
	m.t.Helper()
	m.must(mitWord+"\n", "kinit", name)
}

// free is an address on loopback that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// answers waits until somebody listens.
func answers(t *testing.T, at string) {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; {
		c, err := net.DialTimeout("tcp", at, time.Second)
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

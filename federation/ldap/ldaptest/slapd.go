package ldaptest

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// SlapdEnv names OpenLDAP's server, for the tests that want one.
const SlapdEnv = "JEDAN_SLAPD"

// Slapd is an OpenLDAP server of one test, on loopback.
type Slapd struct {
	LDAP, LDAPS string // addresses
	CA          string // PEM
	t           testing.TB
	folder      string
	program     string
	cmd         *exec.Cmd
}

const slapdConfig = `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile %[1]s/pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
TLSCertificateFile %[1]s/cert.pem
TLSCertificateKeyFile %[1]s/key.pem
security simple_bind=128
sizelimit 500
database mdb
suffix "dc=corp,dc=example"
rootdn "cn=root,dc=corp,dc=example"
rootpw root-secret
directory %[1]s/db
maxsize 2147483648
dbnosync
index objectClass eq
index uid,mail,entryUUID,modifyTimestamp,entryCSN,member eq
limits dn.exact="cn=service,dc=corp,dc=example" size=unlimited time=unlimited
access to attrs=userPassword by self write by anonymous auth by * none
access to * by dn.exact="cn=service,dc=corp,dc=example" read by self read by * none
overlay ppolicy
ppolicy_default "cn=policy,dc=corp,dc=example"
ppolicy_use_lockout
`

const slapdBase = `dn: dc=corp,dc=example
objectClass: domain
dc: corp

dn: ou=people,dc=corp,dc=example
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=corp,dc=example
objectClass: organizationalUnit
ou: groups

dn: cn=service,dc=corp,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: service
userPassword: service-secret

dn: cn=policy,dc=corp,dc=example
objectClass: organizationalRole
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 8
pwdMustChange: TRUE
pwdInHistory: 3
pwdMinLength: 8
pwdCheckQuality: 1

`

// StartSlapd loads what write writes (LDIF, below what is there already) offline, and runs the server until the test ends.
func StartSlapd(t testing.TB, write func(w io.Writer) error) *Slapd {
	t.Helper()
	program := os.Getenv(SlapdEnv)
	if program == "" {
		t.Skip(SlapdEnv + " names no OpenLDAP server (Debian: apt-get install slapd; " + SlapdEnv + "=/usr/sbin/slapd)")
	}
	s := &Slapd{t: t, folder: t.TempDir(), program: program}
	s.prepare()
	s.load(write)
	for range 5 { // the ports were free a moment ago
		if s.start() {
			t.Cleanup(s.Stop)
			return s
		}
	}
	t.Fatal("slapd does not start")
	return nil
}

func (s *Slapd) file(name, text string) string {
	s.t.Helper()
	at := filepath.Join(s.folder, name)
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return at
}

// Certificate makes one that is its own CA, for a host or, empty, for 127.0.0.1, with its key, in PEM.
func Certificate(t testing.TB, host string) (certificate, key string) {
	t.Helper()
	own := &Server{now: time.Now, Options: Options{Host: host}}
	own.certify(t)
	der, err := x509.MarshalPKCS8PrivateKey(own.cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return own.CA, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func (s *Slapd) prepare() {
	s.t.Helper()
	var key string
	s.CA, key = Certificate(s.t, "")
	s.file("cert.pem", s.CA)
	s.file("key.pem", key)
	s.file("slapd.conf", fmt.Sprintf(slapdConfig, s.folder))
	if err := os.Mkdir(filepath.Join(s.folder, "db"), 0o700); err != nil {
		s.t.Fatal(err)
	}
}

// load runs slapadd, the same program under another name.
func (s *Slapd) load(write func(w io.Writer) error) {
	s.t.Helper()
	in, out := io.Pipe()
	go func() {
		_, err := io.WriteString(out, slapdBase)
		if err == nil && write != nil {
			err = write(out)
		}
		_ = out.CloseWithError(err)
	}()
	cmd := exec.Command(s.program, "-T", "add", "-q", "-f", filepath.Join(s.folder, "slapd.conf")) //nolint:gosec // the test's own
	cmd.Stdin = in
	if text, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("slapadd: %v\n%s", err, text)
	}
}

func (s *Slapd) start() bool {
	s.t.Helper()
	s.LDAP, s.LDAPS = "ldap://"+freePort(s.t), "ldaps://"+freePort(s.t)
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.Command(s.program, "-f", filepath.Join(s.folder, "slapd.conf"), "-h", s.LDAP+" "+s.LDAPS, "-d", "0") //nolint:gosec // the test's own
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = s.cmd.Wait()
		close(ended)
	}()
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); {
		select {
		case <-ended:
			return false
		default:
		}
		if c, err := net.DialTimeout("tcp", strings.TrimPrefix(s.LDAPS, "ldaps://"), time.Second); err == nil {
			_ = c.Close()
			return true
		}
	}
	return false
}

// Stop ends the server.
func (s *Slapd) Stop() { _ = s.cmd.Process.Kill() }

// Modify applies LDIF, as the directory's own administrator does.
func (s *Slapd) Modify(ldif string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ldapmodify", "-H", s.LDAPS, "-x", "-D", "cn=root,dc=corp,dc=example", "-w", "root-secret") //nolint:gosec // the test's own
	cmd.Env = append(os.Environ(), "LDAPTLS_CACERT="+filepath.Join(s.folder, "cert.pem"), "LDAPTLS_REQCERT=demand")
	cmd.Stdin = bytes.NewReader([]byte(ldif))
	if text, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("ldapmodify: %v\n%s", err, text)
	}
}

// Person is somebody in LDIF, with the password "right horse".
func Person(name string) string {
	return fmt.Sprintf("dn: uid=%[1]s,ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nuid: %[1]s\ncn: Dr %[1]s\nsn: %[1]s\nmail: %[1]s@corp.example\nuserPassword: right horse\n\n", name)
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

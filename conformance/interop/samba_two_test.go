//go:build interop

package interop

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
)

const krb5File = `
[libdefaults]
  default_realm = CORP.EXAMPLE
  dns_lookup_realm = false
  dns_lookup_kdc = false
  rdns = false
[realms]
  CORP.EXAMPLE = {
    kdc = 127.0.83.1
  }
[domain_realm]
  .corp.example = CORP.EXAMPLE
  corp.example = CORP.EXAMPLE
`

// domain is one with two controllers, which know each other by a hosts file.
type domain struct {
	t            *testing.T
	hosts, krb5  string
	first, other *samba
	stop         func() // the first one
}

func (d *domain) command(name string, args ...string) *exec.Cmd {
	cmd := named(d.hosts, name, args...)
	cmd.Env = append(os.Environ(), "KRB5_CONFIG="+d.krb5)
	return cmd
}

func (d *domain) tool(args ...string) {
	d.t.Helper()
	cmd := d.command("samba-tool", append(args, "-U", "Administrator", "--password="+sambaAdmin)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("samba-tool %v: %v\n%s", args, err, last(string(text), 3000))
	}
}

// startDomain provisions a controller, has a second one join it, and serves both. What is changed on the first reaches the second by replicate.
func startDomain(t *testing.T) *domain {
	t.Helper()
	d := &domain{t: t, first: startSamba(t), other: newSamba(t, "dc2", "127.0.83.2")}
	d.hosts, d.krb5 = filepath.Join(d.first.folder, "hosts"), filepath.Join(d.first.folder, "krb5.conf")
	names := "127.0.0.1 localhost\n127.0.83.1 dc1.corp.example dc1 corp.example\n127.0.83.2 dc2.corp.example dc2\n"
	if err := errors.Join(os.WriteFile(d.hosts, []byte(names), 0o600), os.WriteFile(d.krb5, []byte(krb5File), 0o600)); err != nil {
		t.Fatal(err)
	}
	d.stop = d.first.serve("ldap cldap rpc kdc drepl", d.command)
	d.tool("domain", "join", "corp.example", "DC", "--server=dc1.corp.example", "--dns-backend=NONE", "--no-dns-updates", "--realm=CORP.EXAMPLE", "--targetdir="+d.other.folder,
		"--option=netbios name = DC2", "--option=bind interfaces only = yes", "--option=interfaces = 127.0.83.2/8", "--option=ldap server require strong auth = yes")
	d.other.certify()
	d.other.serve("ldap", d.command)
	return d
}

// replicate has the second controller take over what the first one has.
func (d *domain) replicate() {
	d.t.Helper()
	d.tool("drs", "replicate", "dc2.corp.example", "dc1.corp.example", "DC=corp,DC=example", "--local", "--configfile="+d.other.conf())
}

// wrong is how many wrong passwords a controller has counted: each counts for itself.
func (s *samba) wrong(t *testing.T, name string) string {
	t.Helper()
	c := s.dial(t)
	defer func() { _ = c.Close() }()
	if err := c.Bind("CN=Administrator,CN=Users,DC=corp,DC=example", sambaAdmin); err != nil {
		t.Fatal(err)
	}
	r, err := c.Search(goldap.NewSearchRequest("CN="+name+",CN=Users,DC=corp,DC=example", goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"badPwdCount"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	return r.Entries[0].GetAttributeValue("badPwdCount")
}

// TestSambaTwo: two controllers of one domain.
func TestSambaTwo(t *testing.T) {
	d := startDomain(t)
	for _, name := range []string{"alice", "bob"} {
		d.first.must("user", "create", name, sambaWord, "--mail-address="+name+"@mail.example")
	}
	d.first.must("domain", "passwordsettings", "set", "--account-lockout-threshold=4") // they count then
	d.replicate()
	c := d.first.connector(d.other)
	check := c.(federation.PasswordChecker)
	f := &findings{t: t}
	before, err := check.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: sambaWord})
	f.hold("sign-in at the first", err == nil, err)
	_, err = check.CheckPassword(t.Context(), federation.Credentials{Username: "bob", Password: "wrong"})
	var no *federation.Refusal
	f.hold("a wrong password is refused, and was tried on one of them only", errors.As(err, &no) && d.first.wrong(t, "bob") == "1" && d.other.wrong(t, "bob") != "1", err, d.first.wrong(t, "bob"), d.other.wrong(t, "bob"))
	first := list(t, c, nil)
	f.hold("a full sync of the first", first.full && first.all["alice"].Key != "" && first.all["bob"].Key != "", first)
	f.hold("an incremental one goes on from its cursor", !list(t, c, first.end.Cursor).full)
	d.stop()
	began := time.Now()
	after, err := check.CheckPassword(t.Context(), federation.Credentials{Username: "alice", Password: sambaWord})
	f.hold("with the first one gone people sign in at the other, and are the same", err == nil && after.Key == before.Key, err)
	f.within("which takes", time.Since(began), 10*time.Second)
	next := list(t, c, first.end.Cursor)
	f.hold("the first one's cursor says nothing there: everybody is compared", next.full && next.all["alice"].Key == first.all["alice"].Key && next.all["bob"].Key == first.all["bob"].Key, next)
	d.other.must("user", "disable", "bob")
	then := list(t, c, next.end.Cursor)
	f.hold("and the next one goes on from the other's", !then.full && then.all["bob"].Off == "disabled", then)
	report(t, "LDAP: two controllers of Samba's", append([]string{"samba-tool " + version() + ", LDAPS; the second joined the first. What was seen to hold:", ""}, f.lines...)...)
}

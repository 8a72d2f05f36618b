//go:build interop

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// realm is Samba's as MIT's clients see it.
func (s *samba) realm() *mit {
	s.t.Helper()
	m := &mit{t: s.t, folder: s.t.TempDir()}
	m.env = append(os.Environ(), "KRB5_CONFIG="+m.file("krb5.conf", fmt.Sprintf(mitClient, m.folder, s.host+":88")), "KRB5CCNAME=FILE:"+filepath.Join(m.folder, "cc"))
	answers(s.t, s.host+":88")
	return m
}

// change replaces an attribute of an account.
func (s *samba) change(name, attribute, value string) {
	s.t.Helper()
	c := s.dial(s.t)
	defer func() { _ = c.Close() }()
	if err := c.Bind("CN=Administrator,CN=Users,DC=corp,DC=example", sambaAdmin); err != nil {
		s.t.Fatal(err)
	}
	r := goldap.NewModifyRequest("CN="+name+",CN=Users,DC=corp,DC=example", nil)
	r.Replace(attribute, []string{value})
	if err := c.Modify(r); err != nil {
		s.t.Fatal(err)
	}
}

// TestKerberosAD: tickets of Active Directory, with its authorization data in them, as Samba makes them; its LDAP says who they are of.
func TestKerberosAD(t *testing.T) {
	s := startSamba(t)
	s.serve("ldap kdc", exec.Command)
	m := s.realm()
	s.must("user", "create", "alice", sambaWord, "--given-name=Alice", "--surname=Example")
	s.must("user", "create", "jedan-http", sambaWord)
	s.must("spn", "add", "HTTP/localhost", "jedan-http")
	keytab := filepath.Join(t.TempDir(), "http.keytab")
	s.must("domain", "exportkeytab", keytab, "--principal=HTTP/localhost")
	p := build(t)
	p.run("connectors", "create", "corp", "--kind", "ldap", "--bind-password-file", p.file("password", sambaAdmin), "--file", connectorFile(p, map[string]any{
		"preset": "ad", "servers": []string{"ldaps://" + s.host}, "server_name": "dc1.corp.example", "ca": s.ca, "bind_dn": "CN=Administrator,CN=Users,DC=corp,DC=example",
		"base_dn": "DC=corp,DC=example",
	}))
	settings := p.file("tickets.json", map[string]any{"settings": map[string]any{"config": map[string]any{
		"principal": mitService, "realms": []map[string]any{{"realm": mitRealm, "directory": "corp"}}, "networks": []string{"127.0.0.0/8"},
	}}})
	_, refused := p.try("connectors", "create", "tickets", "--kind", "kerberos", "--keytab-file", keytab, "--file", settings)
	s.change("jedan-http", "msDS-SupportedEncryptionTypes", "24")
	keytab += "2"
	s.must("domain", "exportkeytab", keytab, "--principal=HTTP/localhost")
	p.run("connectors", "create", "tickets", "--kind", "kerberos", "--keytab-file", keytab, "--file", settings)
	srv := p.serve()
	var lines []string
	ok := func(what string, good bool, got any) {
		t.Helper()
		if !good {
			t.Errorf("%s: %v\n%s", what, got, srv.log)
			return
		}
		lines = append(lines, "- "+what)
	}
	signIn := func(name string) {
		t.Helper()
		m.must(sambaWord+"\n", "kinit", name)
	}
	ok("the keytab of an account without AES is refused", refused != nil && strings.Contains(refused.Error(), "no AES key"), refused)
	s.change("jedan-http", "msDS-SupportedEncryptionTypes", "4")
	signIn("alice")
	got := m.visit(srv)
	ok("a ticket under RC4 is refused", strings.Contains(got, " 200 ") && strings.Contains(srv.log.String(), "kerberos_ticket.enctype"), got)
	s.change("jedan-http", "msDS-SupportedEncryptionTypes", "24")
	signIn("alice")
	got = m.visit(srv)
	ok("a ticket under AES, with authorization data in it, counts", strings.Contains(got, " 303 ") && strings.HasPrefix(header(got, "WWW-Authenticate"), "Negotiate "), got)
	who := srv.people()
	ok("the directory says who it is", len(who) == 1 && strings.Contains(string(p.run("users", "show", fmt.Sprint(who[0]["id"])).out), "Alice Example"), who)
	signIn("ALICE")
	m.visit(srv)
	ok("names have no case, and are the same person", len(srv.people()) == 1, srv.people())
	if proved := m.python(srv); proved != "" {
		ok("MIT's library finds our proof right", proved == "True True\n", proved)
	}
	s.must("user", "disable", "alice")
	got = m.visit(srv)
	ok("a ticket that outlives its account is refused", strings.Contains(got, " 403 ") && strings.Contains(srv.log.String(), "ldap_principal.state"), got)
	s.must("user", "setpassword", "jedan-http", "--newpassword=Another-horse-2")
	s.must("user", "enable", "alice")
	signIn("alice")
	got = m.visit(srv)
	ok("after the service's password was changed its old keytab is refused", strings.Contains(got, " 200 ") && strings.Contains(srv.log.String(), "kerberos_ticket.key"), got)
	keytab += "3"
	s.must("domain", "exportkeytab", keytab, "--principal=HTTP/localhost")
	p.run("connectors", "update", "tickets", "--keytab-file", keytab)
	for until := time.Now().Add(10 * time.Second); !strings.Contains(got, " 303 ") && time.Now().Before(until); {
		got = m.visit(srv)
	}
	ok("and the new one counts", strings.Contains(got, " 303 "), got)
	report(t, "Kerberos: Samba's Active Directory", append([]string{"samba-tool " + version() + ", one domain controller with KDC and LDAPS, MIT's clients. What was seen to hold:", ""}, lines...)...)
}

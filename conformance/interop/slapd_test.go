//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
)

// size is how many entries the directory has.
func size(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("JEDAN_INTEROP_LDAP"))
	if err != nil || n < 1000 {
		t.Skip("JEDAN_INTEROP_LDAP says how many entries the directory has (make interop: 100000)")
	}
	return n
}

// What a sync of 100,000 entries may take.
const (
	mostFirst     = 3 * time.Minute
	mostUnchanged = 5 * time.Second
	mostMemory    = 150 << 20
)

func connectorFile(p *program, config map[string]any) string {
	return p.file("corp.json", map[string]any{"title": "Corp", "settings": map[string]any{"create": true, "config": config}})
}

func (p *program) sync(more ...string) (ran, federation.SyncReport) {
	p.t.Helper()
	r := p.run(append([]string{"connectors", "sync", "corp"}, more...)...)
	var out federation.SyncReport
	if err := json.Unmarshal(r.out, &out); err != nil {
		p.t.Fatal(err, string(r.out))
	}
	return r, out
}

// TestSlapd: a large directory that was loaded offline, first as a whole, then as it stands, then as it changes.
func TestSlapd(t *testing.T) {
	n := size(t)
	s := ldaptest.StartSlapd(t, func(w io.Writer) error {
		for i := range n {
			if _, err := io.WriteString(w, ldaptest.Person(fmt.Sprintf("p%06d", i))); err != nil {
				return err
			}
		}
		return nil
	})
	p := build(t)
	p.run("connectors", "create", "corp", "--kind", "ldap", "--bind-password-file", p.file("password", ldaptest.ServicePassword), "--file",
		connectorFile(p, map[string]any{"servers": []string{s.LDAPS}, "ca": s.CA, "bind_dn": ldaptest.Service, "base_dn": ldaptest.Base}))
	lines := []string{"| run | entries reported | changed | time | largest resident size |", "| --- | --- | --- | --- | --- |"}
	note := func(name string, r ran, out federation.SyncReport) {
		lines = append(lines, fmt.Sprintf("| %s | %d | %d | %.1f s | %d MiB |", name, out.Listed, out.New+out.Changed, r.took.Seconds(), r.memory>>20))
		if r.memory > mostMemory {
			t.Errorf("%s: %d MiB", name, r.memory>>20)
		}
	}
	first, out := p.sync()
	note("first", first, out)
	if out.New != n || !out.Full || first.took > mostFirst {
		t.Errorf("first: %+v in %v", out, first.took)
	}
	again, out := p.sync()
	note("again, a moment later", again, out)
	if out.New+out.Changed != 0 || again.took > mostUnchanged {
		t.Errorf("unchanged: %+v in %v", out, again.took)
	}
	var ldif strings.Builder
	for i := range 100 {
		fmt.Fprintf(&ldif, "dn: uid=p%06d,ou=people,dc=corp,dc=example\nchangetype: modify\nreplace: sn\nsn: Changed\n-\nreplace: cn\ncn: Changed\n\n", i*7)
	}
	s.Modify(ldif.String())
	some, out := p.sync()
	note("a hundred changed", some, out)
	if out.Full || out.Changed != 100 || out.New != 0 || some.took > mostUnchanged {
		t.Errorf("changed: %+v in %v", out, some.took)
	}
	full, out := p.sync("--full")
	note("full, unchanged", full, out)
	if !out.Full || out.New+out.Changed != 0 {
		t.Errorf("full: %+v", out)
	}
	var version string
	if v, err := os.ReadFile("/etc/debian_version"); err == nil {
		version = " of Debian " + strings.TrimSpace(string(v))
	}
	report(t, "LDAP: OpenLDAP's slapd", append([]string{
		fmt.Sprintf("slapd%s, loaded offline with slapadd: %d entries, LDAPS, pages of 500, an SQLite database. Each run is a process of its own (`jedan-auth connectors sync`), its start included. The directory works on the same machine. Asked: first under %v and %d MiB, unchanged under %v.", version, n, mostFirst, mostMemory>>20, mostUnchanged), "",
	}, lines...)...)
}

package modules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestKB_Files: a connector of a file names a keytab as it was made, byte for byte; another version of it counts after a restart.
func TestKB_Files(t *testing.T) {
	dir := t.TempDir()
	s := testkit.Start(t, outboundHere, func(c *app.Config) { c.Connectors = dir })
	w := &kbWorld{ldapWorld: &ldapWorld{feWorld: &feWorld{Server: s, t: t}}, realm: kerberostest.New(t, s.Clock.Now, kbService)}
	w.rp = s.Client(storage.ClientMetadata{})
	put := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("tickets.json", fmt.Appendf(nil, `{"kind":"kerberos","title":"Corp","settings":{"create":true,"config":{"principal":%q,"keytab_file":"http.keytab","realms":[{"realm":%q}],"networks":["127.0.0.0/8"]}}}`,
		kbService, kbRealm))
	put("http.keytab", w.realm.File())
	w.Restart()
	row, err := w.App.Connectors.ByName(t.Context(), "tickets")
	if err != nil || !row.Managed || strings.Contains(row.Settings, "keytab") {
		t.Fatal(row, err)
	}
	b, _ := w.with()
	subject := w.subject(b.Get(w.AuthURL(w.rp)))
	w.realm.AddKey(4, 18)
	next := func(s *kerberostest.Spec) { s.Version = 4 }
	w.declined("kerberos_ticket.key", next)
	put("http.keytab", w.realm.File())
	w.Restart()
	b, _ = w.with(next)
	if w.subject(b.Get(w.AuthURL(w.rp))) != subject {
		t.Error("somebody else under the new key")
	}
}

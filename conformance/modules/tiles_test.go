package modules

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestTiles: a person's page opens what they may use and where a sign-in can be started.
func TestTiles(t *testing.T) {
	w := alone(t)
	start := func(name string, change func(m *storage.ClientMetadata)) {
		m := storage.ClientMetadata{ClientName: name, InitiateLoginURI: "https://app.test/start?x=1"}
		if change != nil {
			change(&m)
		}
		w.Client(m)
	}
	start("Acme Open", nil)
	start("Acme Others", func(m *storage.ClientMetadata) { m.Allowed = []string{"group:others"} })
	start("Acme Nowhere", func(m *storage.ClientMetadata) { m.InitiateLoginURI = "" })
	off := w.Client(storage.ClientMetadata{ClientName: "Acme Off", InitiateLoginURI: "https://app.test/start"})
	yes := true
	_, err := w.App.Registrar.Update(t.Context(), off.ID, register.Change{Actor: registrarActor(), Disabled: &yes})
	w.must(err)
	page := w.visitor().Get("/account/apps")
	if !strings.Contains(page.Body, "Acme Open") || !strings.Contains(page.Body, "https://app.test/start?iss=") {
		t.Errorf("no tile:\n%.3000s", page.Body)
	}
	for _, name := range []string{"Acme Others", "Acme Nowhere", "Acme Off"} {
		if strings.Contains(page.Body, name) {
			t.Errorf("a tile for %s", name)
		}
	}
}

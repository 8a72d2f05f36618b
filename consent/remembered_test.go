package consent

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (w *world) remembered(person storage.ID, scopes ...string) (bool, []string) {
	w.t.Helper()
	missing, granted, err := w.module.Remembered(w.t.Context(), w.tenant, person, w.client.ID, scopes, w.view.Resources, w.view.Binding)
	must(w.t, err)
	return missing, granted
}

func TestSE05Remembered(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	if missing, _ := w.remembered(b.person.ID, "openid"); !missing {
		t.Fatal("consented before being asked")
	}
	b.step(b.post(b.form(b.flow(), "allow", "email")))
	if missing, granted := w.remembered(b.person.ID, "openid", "email"); missing || !slices.Equal(granted, []string{"openid", "email"}) {
		t.Fatalf("not remembered: %v %v", missing, granted)
	}
	if missing, granted := w.remembered(b.person.ID, "openid", "files"); missing || !slices.Equal(granted, []string{"openid"}) {
		t.Errorf("what was switched off: %v %v", missing, granted)
	}
	if missing, granted := w.remembered(b.person.ID, "openid", "phone"); !missing || granted != nil {
		t.Errorf("new scope: %v %v", missing, granted)
	}
	if missing, _ := w.remembered(w.browser("eve@acme.test").person.ID, "openid"); !missing {
		t.Error("one person's answer counts for another")
	}
	same := w.view
	w.view.Resources = []string{"https://api.test", "https://new.test"}
	if missing, _ := w.remembered(b.person.ID, "openid"); !missing {
		t.Error("new resource: not asked")
	}
	w.view = same
	w.view.Binding = "Acme Files\nhttps://elsewhere.test"
	if missing, _ := w.remembered(b.person.ID, "openid"); !missing {
		t.Error("another redirect host: not asked")
	}
	w.view = same
	w.now = w.now.Add(365 * 24 * time.Hour)
	if missing, _ := w.remembered(b.person.ID, "openid"); !missing {
		t.Error("a year later: not asked")
	}
}

func TestWhatWasSwitchedOffStaysOff(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	b.step(b.post(b.form(b.flow(), "allow", "email", "files")))
	b.step(b.post(b.form(b.flow(), "allow", "files")))
	if _, granted := w.remembered(b.person.ID, "openid", "email"); slices.Contains(granted, "email") {
		t.Fatal("an older answer beats the newer")
	}
	if page := b.page(b.flow()).Body.String(); strings.Contains(page, `value="email" checked`) {
		t.Error("the switch is on again")
	}
	all := w.view.Scopes
	w.view.Scopes = []Scope{{Name: "openid"}, {Name: "phone", Optional: true}}
	b.step(b.post(b.form(b.flow(), "allow", "phone")))
	if _, granted := w.remembered(b.person.ID, "openid", "email"); slices.Contains(granted, "email") {
		t.Error("another page switched it on again")
	}
	w.view.Scopes = all
	b.step(b.post(b.form(b.flow(), "allow", "email")))
	if missing, granted := w.remembered(b.person.ID, "openid", "email", "phone"); missing || !slices.Contains(granted, "email") {
		t.Errorf("switched on by the person: %v %v", missing, granted)
	}
}

func TestSE05PublicClientsOnTheDevice(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	for uri, silent := range map[string]bool{
		"http://127.0.0.1/cb": false, "http://127.1.2.3:99/cb": false, "http://[::1]/cb": false, "http://localhost:3000/cb": false,
		"com.acme.app:/cb": false, ":bad": false, "https://acme.test/cb": true, "https://192.0.2.1/cb": true,
	} {
		for _, method := range []string{"none", "client_secret_basic"} {
			w.client = w.register(storage.ClientMetadata{RedirectURIs: []string{"https://first.test/cb", uri}, TokenEndpointAuthMethod: method})
			w.view.Client, w.view.ClientID = w.client.ID, w.client.ClientID
			b.step(b.post(b.form(b.flow(), "allow", "email")))
			if missing, _ := w.remembered(b.person.ID, "openid"); missing == (silent || method != "none") {
				t.Errorf("%s %s: missing %v", uri, method, missing)
			}
		}
	}
}

func TestFirstPartyIsNotAsked(t *testing.T) {
	w := newWorld(t)
	b := w.browser("ann@acme.test")
	w.client = w.register(storage.ClientMetadata{RedirectURIs: []string{"http://127.0.0.1/cb"}, TokenEndpointAuthMethod: "none", FirstParty: true})
	if missing, granted := w.remembered(b.person.ID, "openid", "files"); missing || !slices.Equal(granted, []string{"openid", "files"}) {
		t.Errorf("%v %v", missing, granted)
	}
}

func TestAnUnknownClientHasNoConsent(t *testing.T) {
	w := newWorld(t)
	missing, granted, err := w.module.Remembered(t.Context(), w.tenant, storage.NewID(w.now), storage.NewID(w.now), []string{"openid"}, nil, "")
	if !missing || granted != nil || !errs.Is(err, errs.NotFound) {
		t.Errorf("%v %v %v", missing, granted, err)
	}
}

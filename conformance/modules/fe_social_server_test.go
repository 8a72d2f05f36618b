package modules

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// newSocial is a server without an upstream.
func newSocial(t *testing.T, options ...testkit.Option) *feWorld {
	t.Helper()
	s := testkit.Start(t, append([]testkit.Option{outboundHere}, options...)...)
	return &feWorld{Server: s, t: t, rp: s.Client(storage.ClientMetadata{})}
}

// provider adds a connector; addresses that are somebody's here link when they are trusted.
func (w *feWorld) provider(name, kind string, config map[string]any) {
	w.t.Helper()
	if err := w.tryProvider(name, kind, config); err != nil {
		w.t.Fatal(err)
	}
}

func (w *feWorld) tryProvider(name, kind string, config map[string]any) error {
	full := map[string]any{"client_id": "jedan", "client_secret": "upstream-secret"}
	maps.Copy(full, config)
	for member, value := range full {
		if value == nil {
			delete(full, member)
		}
	}
	raw, err := json.Marshal(full)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.App.Connectors.Create(w.t.Context(), federation.Draft{Name: name, Kind: kind, Title: name, Settings: federation.Settings{Create: true, Config: raw}}, operator())
	return err
}

// by signs a new browser in and returns the page that follows.
func (w *feWorld) by(name string, o *socialOP) (*testkit.Browser, *testkit.Page) {
	w.t.Helper()
	b := w.Browser()
	return b, w.back(b, name, o.visit(w.away(b, name)))
}

// trusts signs in with the claims and says whether the account has the address.
func (w *feWorld) trusts(name string, o *socialOP, claims map[string]any) bool {
	w.t.Helper()
	o.set(func(o *socialOP) { maps.Copy(o.claims, claims) })
	_, page := w.by(name, o)
	if w.subject(page) == "" {
		w.t.Error("nobody")
	}
	address, _ := claims["email"].(string)
	return w.hasAddress(address)
}

func (w *feWorld) hasAddress(address string) bool {
	_, err := w.App.Directory.ByIdentifier(w.t.Context(), w.App.Tenant, address)
	return err == nil
}

// no signs in with the claims and wants the refusal of the check.
func (w *feWorld) no(name string, o *socialOP, claims map[string]any, check string) {
	w.t.Helper()
	var before map[string]any
	o.set(func(o *socialOP) {
		before = o.claims
		o.claims = maps.Clone(before)
		maps.Copy(o.claims, claims)
	})
	mark := w.Log.Mark()
	b, page := w.by(name, o)
	w.refusedBy(b, page, mark, check)
	o.set(func(o *socialOP) { o.claims = before })
}

package modules

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

// TestSA_MetadataIsKept: the last good metadata outlives a restart while the identity provider is away, and what comes after it must count, too.
func TestSA_MetadataIsKept(t *testing.T) {
	var says atomic.Value
	at := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text, _ := says.Load().(string)
		if text == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/samlmetadata+xml")
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(at.Close)
	trust := filepath.Join(t.TempDir(), "trust.pem")
	if err := os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: at.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	w, idp := samlWorld(t, func(c map[string]any) {
		delete(c, "idp_metadata")
		c["idp_metadata_url"] = at.URL
	}, func(c *app.Config) { c.Outbound.Trust = trust })
	says.Store(idp.metadata())
	in := func() bool {
		b := w.Browser()
		page := b.Get(w.AuthURL(w.rp))
		gone := b.Get(hrefOf(page.Body, "login-connector-uni"))
		if gone.Location == nil {
			return false
		}
		return w.subject(w.acs(b, idp.visit(gone.Location))) != ""
	}
	if !in() {
		t.Fatal("no sign-in with metadata by address")
	}
	for name, text := range map[string]string{"away": "", "nonsense": "<html>", "another": "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata' entityID='https://evil.test'/>"} {
		says.Store(text)
		w.Restart()
		if !in() {
			t.Errorf("%s: nobody can sign in after a restart", name)
		}
	}
	row, err := w.App.DB.DocumentByName(t.Context(), w.App.Tenant, "saml metadata uni")
	w.must(err)
	w.Clock.Advance(row.ExpiresAt.Sub(w.Clock.Now()) + time.Hour)
	w.Restart()
	if in() {
		t.Error("metadata that has ended was used")
	}
}

// TestSA_Expiry: certificates that end within a month are known.
func TestSA_Expiry(t *testing.T) {
	w, idp := samlWorld(t, nil)
	ends := idp.idp.Certificate.NotAfter
	for what, before := range map[string]time.Time{"neither": w.Clock.Now().Add(time.Hour), "both": ends.Add(20 * 365 * 24 * time.Hour)} {
		soon, err := w.App.Upstreams.Expiring(t.Context(), before)
		w.must(err)
		if want := map[string]int{"neither": 0, "both": 2}[what]; len(soon) != want {
			t.Errorf("%s: %v", what, soon)
		}
		for _, e := range soon {
			if e.Connector != "uni" || e.What == "" || e.At.Before(w.Clock.Now()) {
				t.Errorf("%+v", e)
			}
		}
	}
}

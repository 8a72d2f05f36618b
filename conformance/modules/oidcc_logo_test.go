package modules

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func pngOf(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// logoOf finds the picture on a page.
func logoOf(t *testing.T, p *testkit.Page) string {
	t.Helper()
	_, rest, ok := strings.Cut(p.Body, `<p class="brand"><img src="`)
	src, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no logo on %s", p.URL.Path)
	}
	return src
}

// oidcc-registration-logo-uri, and DR06: the logo is on the pages, fetched by us, served from here, and never anything that could run.
func TestOIDCC_RegistrationLogoURI(t *testing.T) {
	s := newSite(t)
	w := alone(t, anybody, s.reachable)
	pic := pngOf(t, 32)
	serve := func(kind string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(body)
		}
	}
	rp := w.rpOf(w.enrol("", object{"logo_uri": s.page("/images/openid.png", serve("image/png", pic)), "scope": "openid"}))
	b := w.Browser()
	page := b.Get(w.AuthURL(rp, "scope", "openid"))
	src := logoOf(t, page)
	if !strings.HasPrefix(src, "/oauth2/logo/") || strings.Contains(page.Body, s.URL) {
		t.Errorf("logo %q", src)
	}
	a := w.ok(w.Get(src))
	if a.Body != string(pic) || a.Header.Get("Content-Type") != "image/png" || a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", a.Header)
	}
	if got := logoOf(t, page.SignIn(w.email, testkit.Password)); got != src {
		t.Errorf("on the consent page: %q", got)
	}
	for range 10 {
		w.ok(w.Get(src))
	}
	if s.count("/images/openid.png") != 1 {
		t.Errorf("fetched %d times", s.count("/images/openid.png"))
	}
	for name, h := range map[string]http.HandlerFunc{
		"svg": serve("image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)), "svg called png": serve("image/png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)),
		"a page": serve("text/html", []byte("<html><script>alert(1)</script>")), "large": serve("image/png", append(pngOf(t, 8), make([]byte, 300<<10)...)), "wide": serve("image/png", pngOf(t, 4096)),
		"none": http.NotFound, "elsewhere": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, w.URL+"/health/live", http.StatusFound)
		},
	} {
		other := w.rpOf(w.enrol("", object{"logo_uri": s.page("/"+strings.ReplaceAll(name, " ", "-"), h), "scope": "openid"}))
		if a := w.Get("/oauth2/logo/" + other.Client.ID.String()); a.Status != http.StatusNotFound || strings.Contains(a.Body, "<s") {
			t.Errorf("%s: %d %v", name, a.Status, a.Header)
		}
	}
	s.page("/images/openid.png", http.NotFound)
	w.Clock.Advance(2 * time.Hour)
	w.ok(w.Get(src)) // the old one stands in
	for _, path := range []string{"x", "01a20d93-2e66-791e-a1c7-7293208bb347", w.Client(storage.ClientMetadata{}).Client.ID.String(), "..%2f..%2fetc"} {
		if a := w.Get("/oauth2/logo/" + path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

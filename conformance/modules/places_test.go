package modules

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/risk/geo/geotest"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Where a file of places is configured, people read where they are signed in, and where the other side of a sign-in by phone is, in their language.
func TestPlacesInWords(t *testing.T) {
	city := geotest.File(t, "City", geotest.Object(
		geotest.Text("city"), geotest.Names("en", "Vienna", "de", "Wien"),
		geotest.Text("country"), geotest.Object(geotest.Text("iso_code"), geotest.Text("AT"), geotest.Text("names"), geotest.Object(geotest.Text("en"), geotest.Text("Austria"), geotest.Text("de"), geotest.Text("Österreich")))))
	w := alone(t, cheap, free, proxied, byPhone, func(c *app.Config) { c.Risk.City = city })
	rp := w.Client(storage.ClientMetadata{ClientName: "Acme Files"})
	phone := w.handset(w.email)
	if p := phone.Get("/account/sessions"); !strings.Contains(p.Body, "Vienna, Austria") {
		t.Errorf("the session's place is not said: %.4000s", p.Body)
	}
	if p := phone.Get("/account/activity?ja_lang=de"); !strings.Contains(p.Body, "Wien, Österreich") {
		t.Errorf("the activity's place is not said in German: %.4000s", p.Body)
	}
	b := w.gadget(desktopAgent, "192.0.2.7")
	desk := w.desk(b, b.Get(w.AuthURL(rp)))
	p := phone.Get(qrLink(desk))
	if !strings.Contains(p.Body, "Wien, Österreich") {
		t.Errorf("the phone does not say where the browser is: %.4000s", p.Body)
	}
	p.Submit("decision", "go")
	if seen := lookAgain(b, desk); !strings.Contains(seen.Body, "Vienna, Austria") {
		t.Errorf("the browser does not say where the phone is: %.4000s", seen.Body)
	}
}

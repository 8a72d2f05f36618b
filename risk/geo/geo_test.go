package geo

import (
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/jedan-auth/jedan-auth/risk/geo/geotest"
)

func TestPlaces(t *testing.T) {
	city := geotest.File(t, "City", geotest.Object(geotest.Text("country"), geotest.Object(geotest.Text("iso_code"), geotest.Text("HR")), geotest.Text("location"), geotest.Object(geotest.Text("latitude"), geotest.Double(45.5), geotest.Text("longitude"), geotest.Double(-16))))
	asn := geotest.File(t, "ASN", geotest.Object(geotest.Text("autonomous_system_number"), geotest.Number(64500)))
	d, err := Open(city, asn)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"} {
		p := d.Place(netip.MustParseAddr(a))
		if p.Country != "HR" || p.ASN != 64500 || !p.Exact || p.Lat != 45.5 || p.Lon != -16 {
			t.Errorf("%s: %+v", a, p)
		}
	}
	if got := d.Words(netip.MustParseAddr("192.0.2.1"), "de"); got != "HR" {
		t.Errorf("a file without names says %q", got)
	}
	if p := d.Place(netip.Addr{}); p.Country != "" {
		t.Errorf("no address: %+v", p)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestWithoutFilesNothingIsKnown(t *testing.T) {
	d, err := Open("", "")
	if err != nil {
		t.Fatal(err)
	}
	if p := d.Place(netip.MustParseAddr("192.0.2.1")); p.Country != "" || p.ASN != 0 || p.Exact {
		t.Errorf("%+v", p)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.mmdb"), ""); err == nil {
		t.Error("a file that is not there was opened")
	}
}

func TestWords(t *testing.T) {
	full := geotest.Object(geotest.Text("city"), geotest.Names("en", "Zagreb", "de", "Agram"), geotest.Text("country"), geotest.Names("en", "Croatia", "de", "Kroatien"))
	for _, c := range []struct {
		name, lang, want string
		entry            []byte
	}{
		{"a language of the file", "de", "Agram, Kroatien", full},
		{"a region of it", "de-AT", "Agram, Kroatien", full},
		{"another language", "hr", "Zagreb, Croatia", full},
		{"no city", "de", "Kroatien", geotest.Object(geotest.Text("country"), geotest.Names("de", "Kroatien"))},
		{"no country", "en", "Zagreb", geotest.Object(geotest.Text("city"), geotest.Names("en", "Zagreb"))},
		{"nothing", "en", "", geotest.Object()},
		{"damaged", "en", "", geotest.Object(geotest.Text("city"), geotest.Text("Zagreb"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Open(geotest.File(t, "City", c.entry), "")
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Words(netip.MustParseAddr("192.0.2.1"), c.lang); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got := d.Words(netip.Addr{}, c.lang); got != "" {
				t.Errorf("no address: %q", got)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if got := (&DB{}).Words(netip.MustParseAddr("192.0.2.1"), "en"); got != "" {
		t.Errorf("no file: %q", got)
	}
}

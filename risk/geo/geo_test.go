package geo

import (
	"encoding/binary"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// The pieces of the MaxMind format that the test's files need: https://maxmind.github.io/MaxMind-DB/

func head(kind, size int) []byte {
	if kind > 7 {
		return []byte{byte(size), byte(kind - 7)}
	}
	return []byte{byte(kind<<5 | size)}
}

func text(s string) []byte { return append(head(2, len(s)), s...) }

func double(x float64) []byte {
	return binary.BigEndian.AppendUint64(head(3, 8), math.Float64bits(x))
}

func number(kind, size int, n uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, n)
	return append(head(kind, size), b[8-size:]...)
}

func object(pairs ...[]byte) []byte {
	out := head(7, len(pairs)/2)
	for _, p := range pairs {
		out = append(out, p...)
	}
	return out
}

// file is a database in which every address has the same entry.
func file(t *testing.T, kind string, entry []byte) string {
	t.Helper()
	const nodes, separator = 1, 16
	record := []byte{0, 0, nodes + separator} // points to the first byte of the data
	b := append(append([]byte{}, record...), record...)
	b = append(b, make([]byte, separator)...)
	b = append(b, entry...)
	b = append(b, "\xab\xcd\xefMaxMind.com"...)
	b = append(b, object(
		text("node_count"), number(6, 4, nodes), text("record_size"), number(5, 2, 24), text("ip_version"), number(5, 2, 6),
		text("database_type"), text(kind), text("languages"), head(11, 0), text("binary_format_major_version"), number(5, 2, 2),
		text("binary_format_minor_version"), number(5, 2, 0), text("build_epoch"), number(9, 8, 1767225600), text("description"), head(7, 0),
	)...)
	path := filepath.Join(t.TempDir(), kind+".mmdb")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlaces(t *testing.T) {
	city := file(t, "City", object(text("country"), object(text("iso_code"), text("HR")), text("location"), object(text("latitude"), double(45.5), text("longitude"), double(-16))))
	asn := file(t, "ASN", object(text("autonomous_system_number"), number(6, 4, 64500)))
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

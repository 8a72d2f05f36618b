package geo

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/jedan-auth/jedan-auth/risk"
)

// DB is one or two open files. The zero value knows nothing.
type DB struct {
	city, asn *maxminddb.Reader
}

// Open opens the files; "" is none.
func Open(city, asn string) (*DB, error) {
	d := &DB{}
	for path, into := range map[string]**maxminddb.Reader{city: &d.city, asn: &d.asn} {
		if path == "" {
			continue
		}
		r, err := maxminddb.Open(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("risk: location file: %w", err), d.Close())
		}
		*into = r
	}
	return d, nil
}

// Close lets go of the files.
func (d *DB) Close() (err error) {
	for _, r := range []*maxminddb.Reader{d.city, d.asn} {
		if r != nil {
			err = errors.Join(err, r.Close())
		}
	}
	return err
}

// named is the names of a place by language, as the files have them.
type named struct {
	Names map[string]string `maxminddb:"names"`
}

// in is the name in a language, or else in English.
func (n named) in(lang string) string {
	for _, tag := range []string{lang, strings.SplitN(lang, "-", 2)[0], "en"} {
		if name := n.Names[tag]; name != "" {
			return name
		}
	}
	return ""
}

// Words says where an address is, in a language (BCP 47) where the file knows it and in English where not: "Zagreb, Croatia". Without names it is the country's
// code; "" when nothing is known.
func (d *DB) Words(a netip.Addr, lang string) string {
	a = a.Unmap().WithZone("")
	if d.city == nil || !a.IsValid() {
		return ""
	}
	var rec struct {
		City    named `maxminddb:"city"`
		Country struct {
			ISOCode string            `maxminddb:"iso_code"`
			Names   map[string]string `maxminddb:"names"`
		} `maxminddb:"country"`
	}
	if d.city.Lookup(a).Decode(&rec) != nil {
		return ""
	}
	city, country := rec.City.in(lang), cmp.Or(named{rec.Country.Names}.in(lang), rec.Country.ISOCode)
	if city == "" || country == "" {
		return city + country
	}
	return city + ", " + country
}

// Place is where an address is, as far as the files say. A damaged entry is an unknown place.
func (d *DB) Place(a netip.Addr) (p risk.Place) {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return p
	}
	if d.city != nil {
		var rec struct {
			Country struct {
				ISOCode string `maxminddb:"iso_code"`
			} `maxminddb:"country"`
			Location struct {
				Latitude  *float64 `maxminddb:"latitude"`
				Longitude *float64 `maxminddb:"longitude"`
			} `maxminddb:"location"`
		}
		if d.city.Lookup(a).Decode(&rec) == nil {
			p.Country = rec.Country.ISOCode
			if lat, lon := rec.Location.Latitude, rec.Location.Longitude; lat != nil && lon != nil {
				p.Lat, p.Lon, p.Exact = *lat, *lon, true
			}
		}
	}
	if d.asn != nil {
		var rec struct {
			Number uint32 `maxminddb:"autonomous_system_number"`
		}
		if d.asn.Lookup(a).Decode(&rec) == nil {
			p.ASN = rec.Number
		}
	}
	return p
}

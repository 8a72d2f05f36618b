package geo

import (
	"errors"
	"fmt"
	"net/netip"

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

package generate

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// kind is what a network is for.
type kind int

const (
	residential kind = iota // one household, one address for days or weeks
	mobile                  // carrier NAT: few addresses, shared by everybody
	office                  // one or two addresses for a whole office
	wifi                    // hotels, cafés, guests
	hosting                 // data centres
	vpn                     // exits of a VPN provider
	relays                  // how many kinds there are
)

// pool is the addresses of one operator in one city: a /16, and a /32 of IPv6.
type pool struct {
	number int
	asn    uint32
	at     int // city
	kind   kind
}

// world is the internet of the generator.
type world struct {
	r      *rand.Rand
	cities []city
	pools  []pool
	by     map[[2]int][]int // city, kind
}

// operators is how many of a kind serve one city.
func operators() [relays]int {
	return [relays]int{residential: 4, mobile: 3, office: 0, wifi: 3, hosting: 2, vpn: 2}
}

// newWorld lays out operators. Residential and mobile ones serve a whole country under one number; hosts and VPN providers the whole world.
func newWorld(r *rand.Rand) *world {
	w := &world{r: r, cities: cities(), by: map[[2]int][]int{}}
	countries := map[string]uint32{}
	for at, c := range w.cities {
		nation, ok := countries[c.country]
		if !ok {
			nation = uint32(len(countries)) //nolint:gosec // 40 of them
			countries[c.country] = nation
		}
		for k, n := range operators() {
			for i := range n {
				w.add(pool{at: at, kind: kind(k), asn: number(kind(k), nation, uint32(i))}) //nolint:gosec // small
			}
		}
	}
	return w
}

// number is an operator's, in the range for private use.
func number(k kind, nation, i uint32) uint32 {
	if k == hosting || k == vpn {
		nation = 99 + i%2 // two worldwide brands of each
	}
	return 4200000000 + uint32(k)*10000 + nation*10 + i //nolint:gosec // six kinds
}

func (w *world) add(p pool) int {
	p.number = len(w.pools)
	w.pools = append(w.pools, p)
	key := [2]int{p.at, int(p.kind)}
	w.by[key] = append(w.by[key], p.number)
	return p.number
}

// newOffice is a network of its own: one company's line.
func (w *world) newOffice(at, n int) int {
	return w.add(pool{at: at, kind: office, asn: 4200090000 + uint32(n)}) //nolint:gosec // some dozens
}

// one is a random pool of a kind in a city.
func (w *world) one(at int, k kind) int {
	of := w.by[[2]int{at, int(k)}]
	return of[w.r.IntN(len(of))]
}

// somewhere draws a city by a share.
func (w *world) somewhere(share func(city) float64) int {
	sum := 0.0
	for _, c := range w.cities {
		sum += share(c)
	}
	x := w.r.Float64() * sum
	for i, c := range w.cities {
		if x -= share(c); x < 0 {
			return i
		}
	}
	return len(w.cities) - 1
}

// v4 is host n of a pool.
func (w *world) v4(pool int, host uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(20+pool/256)<<24|uint32(pool%256)<<16|host%65534+1) //nolint:gosec // under a thousand pools
	return netip.AddrFrom4(b)
}

// v6 is an address of subscriber n of a pool: a /64, and within it whatever the machine chose.
func (w *world) v6(pool int, subscriber uint32) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint32(b[:4], 0x2a100000|uint32(pool)) //nolint:gosec // under a thousand pools
	binary.BigEndian.PutUint32(b[4:8], subscriber)
	binary.BigEndian.PutUint64(b[8:], w.r.Uint64())
	return netip.AddrFrom16(b)
}

// place is where a database believes an address to be: right to some 30 km, 3 % of the networks (/24, or a subscriber's block) in the country's
// first city, 0.4 % in another country altogether. It is the same for the same network, always.
func (w *world) place(pool int, a netip.Addr) (country string, lat, lon float64) {
	p := w.pools[pool]
	h := rand.New(rand.NewPCG(uint64(pool), block(a))) //nolint:gosec // not for secrets
	c := w.cities[p.at]
	switch x := h.Float64(); {
	case x < 0.004:
		c = w.cities[h.IntN(len(w.cities))]
	case x < 0.034:
		for _, other := range w.cities {
			if other.country == c.country {
				c = other
				break
			}
		}
	}
	return c.country, round(c.lat + h.NormFloat64()*0.25), round(c.lon + h.NormFloat64()*0.35)
}

func round(x float64) float64 { return float64(int(x*100)) / 100 }

func block(a netip.Addr) uint64 {
	b := a.As16()
	if a.Is4() {
		return uint64(b[12])<<16 | uint64(b[13])<<8 | uint64(b[14])
	}
	return binary.BigEndian.Uint64(b[:8]) >> 8
}

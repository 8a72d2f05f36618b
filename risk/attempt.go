package risk

import (
	"math"
	"net/netip"
	"time"
)

// Attempt is what is judged: one attempt to sign in, as the server saw it.
type Attempt struct {
	Time    time.Time
	Person  string // an id; "": nobody has the identifier that was typed
	Success bool   // of the factor
	Address netip.Addr
	Place   Place
	Agent   string // user agent
	Device  string // id of the signed device cookie; "": none came
	Factor  string
	Client  string
	Known   bool     // the browser's own cookie says that the person has signed in there
	Odd     []string // what is odd about the request itself: codes of whoever looked
	Broken  string   // how the password is known to be broken, a code; "": not known
	Feeds   []Report // what feeds said of the address
	Missed  []string // feeds that did not answer
	Use     *Use     // of a session or a grant; nil: it is a sign-in

	known *keys
}

// keys are what an attempt is counted and known by, made once.
type keys struct {
	at       [kinds]string
	platform string
}

func (a *Attempt) keys() *keys {
	if a.known == nil {
		k := &keys{platform: Platform(a.Agent)}
		k.at = [kinds]string{
			ByLine: a.Line().String(), ByNetwork: a.Network().String(), ByCountry: a.Place.Country, ByAgent: a.Agent, ByDevice: DeviceKey(a.Device),
			ByPerson: a.Person, ByPlatform: k.platform, Altogether: "all",
		}
		if a.Place.ASN != 0 {
			k.at[ByOperator] = OperatorKey(a.Place.ASN)
		}
		a.known = k
	}
	return a.known
}

// Key is what an attempt is counted by. The attempt must not be changed afterwards.
func (a *Attempt) Key(k Kind) string { return a.keys().at[k] }

// Platform is the kind of system and browser.
func (a *Attempt) Platform() string { return a.keys().platform }

// Place is where an address is, as far as a database knows. The zero value is nowhere known.
type Place struct {
	Country  string
	ASN      uint32
	Lat, Lon float64
	Exact    bool // Lat and Lon are known
}

// Report is what one feed says of an address.
type Report struct {
	Feed string  // its name
	Bad  float64 // 0 to 1
	Code string  // a reason
}

// Network is the address's network: an IPv4 /24, an IPv6 /48.
func (a *Attempt) Network() netip.Prefix { return prefix(a.Address, 24, 48) }

// Line is what one customer has: an IPv4 address, an IPv6 /64.
func (a *Attempt) Line() netip.Prefix { return prefix(a.Address, 32, 64) }

func prefix(a netip.Addr, v4, v6 int) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := v6
	if a.Is4() {
		bits = v4
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Kilometres is the distance to another place along a great circle.
func (p Place) Kilometres(q Place) float64 {
	const radius, degree = 6371, math.Pi / 180
	dLat, dLon := (q.Lat-p.Lat)*degree/2, (q.Lon-p.Lon)*degree/2
	a := math.Sin(dLat)*math.Sin(dLat) + math.Cos(p.Lat*degree)*math.Cos(q.Lat*degree)*math.Sin(dLon)*math.Sin(dLon)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(a)))
}

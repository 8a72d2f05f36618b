package risk

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"
)

// How much is remembered of a person.
const (
	mostDevices   = 16
	mostNetworks  = 24
	mostOperators = 16
	mostCountries = 12
	mostPlatforms = 10
	mostClients   = 16
	mostFactors   = 6
)

// Baseline is what a person usually does: counted, bounded, and without what was typed. It is kept sealed.
type Baseline struct {
	Devices   List        `json:"devices"`
	Networks  List        `json:"networks"`
	Operators List        `json:"operators"`
	Countries List        `json:"countries"`
	Platforms List        `json:"platforms"`
	Clients   List        `json:"clients"`
	Factors   List        `json:"factors"`
	Hours     [24]float64 `json:"hours"`           // of the day, UTC; older ones count less
	Spots     []Spot      `json:"spots,omitempty"` // where the last sign-ins came from
	Last      int64       `json:"last"`
	Stolen    int64       `json:"stolen,omitempty"` // which of the person's passwords is known to be stolen: Moment.PasswordOf
}

// Spot is where and how a sign-in came.
type Spot struct {
	At      int64  `json:"at"`
	Place   Place  `json:"place"`
	Device  string `json:"device"`
	Network string `json:"network"`
}

const mostSpots = 4

// hourFades is what is left of an hour's count with each further sign-in.
const hourFades = 0.99

// Learn takes in a sign-in that was let through. doubt says that it was suspicious and nothing has vouched for it: what is new in it is not trusted for a while.
func (b *Baseline) Learn(a *Attempt, doubt bool) {
	k := a.keys()
	b.Devices.Add(k.at[ByDevice], a.Time, mostDevices, doubt)
	b.Networks.Add(k.at[ByNetwork], a.Time, mostNetworks, doubt)
	if a.Place.ASN != 0 {
		b.Operators.Add(k.at[ByOperator], a.Time, mostOperators, doubt)
	}
	if a.Place.Country != "" {
		b.Countries.Add(a.Place.Country, a.Time, mostCountries, doubt)
	}
	b.Platforms.Add(k.platform, a.Time, mostPlatforms, doubt)
	b.Clients.Add(a.Client, a.Time, mostClients, doubt)
	b.Factors.Add(a.Factor, a.Time, mostFactors, doubt)
	for i := range b.Hours {
		b.Hours[i] *= hourFades
	}
	b.Hours[a.Time.UTC().Hour()]++
	b.Last = max(b.Last, a.Time.Unix())
	b.Spots = append(b.Spots, Spot{At: a.Time.Unix(), Place: a.Place, Device: k.at[ByDevice], Network: k.at[ByNetwork]})
	b.Spots = b.Spots[max(0, len(b.Spots)-mostSpots):]
}

// Signs is how many sign-ins were learned from.
func (b *Baseline) Signs() float64 { return b.Factors.Total }

// HourShare is the likelihood of an hour of the day for this person, neighbours counted in; 1/24 for somebody unknown.
func (b *Baseline) HourShare(t time.Time) float64 {
	const smooth = 3 // imagined sign-ins, spread over the day
	h, sum, near := t.UTC().Hour(), 0.0, 0.0
	for i, n := range b.Hours {
		sum += n
		switch d := min((i-h+24)%24, (h-i+24)%24); d {
		case 0:
			near += 0.5 * n
		case 1:
			near += 0.25 * n
		}
	}
	return (near + smooth/24.0) / (sum + smooth)
}

// DeviceKey is a device's id as it is remembered: enough to know it again, not enough to make its cookie.
func DeviceKey(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("jedan risk device\x00" + id))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// OperatorKey is an operator's number as a key.
func OperatorKey(asn uint32) string { return strconv.FormatUint(uint64(asn), 36) }

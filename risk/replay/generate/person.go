package generate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// days is how long the generator's time is; it begins on a Monday.
const days = 120

// rhythm is when somebody works.
type rhythm int

const (
	dayWork rhythm = iota
	evenings
	shifts
	nights
)

// stay is where somebody is from a day to another.
type stay struct {
	from, to float64 // days
	at       int     // city
	wifi     int     // pool of the hotel
	conf     bool    // with colleagues: all on one network
}

// device is a computer or a phone somebody has for some time.
type device struct {
	platform  string
	phone     bool
	desk      bool // stays in the office
	lag       int  // days behind with updates
	from, to  float64
	cookies   []string  // ids, one after the other
	forgotten []float64 // when cookies were cleared: one less than there are cookies
}

// person is somebody with habits.
type person struct {
	id      string
	home    int
	isp     int
	host    uint32  // subscriber number
	lease   float64 // days that an address stays
	ipv6    bool
	carrier int
	office  int // pool, -1: none
	remote  float64
	rhythm  rhythm
	rate    float64 // relative number of sign-ins
	typos   float64
	private bool // forgets cookies each time
	passkey float64
	vpnUse  float64
	exits   []int // pools
	roams   bool  // phones abroad go through the carrier at home
	devices []*device
	stays   []stay
	clients []string
}

// people makes n persons.
func (g *generator) people(n int) []*person {
	offices := g.offices(n / 50)
	out := make([]*person, n)
	for i := range out {
		out[i] = g.person(i, offices)
	}
	g.conferences(out)
	return out
}

// offices are lines of companies: most staff sit in few of them.
func (g *generator) offices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = g.w.newOffice(g.w.somewhere(func(c city) float64 { return c.home }), i)
	}
	return out
}

func (g *generator) person(i int, offices []int) *person {
	r := g.r
	p := &person{
		id: fmt.Sprintf("p%04d", i), office: -1, host: r.Uint32(), rate: math.Exp(r.NormFloat64() * 0.8),
		typos: 0.01 + 0.07*r.Float64()*r.Float64(), private: r.Float64() < 0.04, roams: r.Float64() < 0.5,
		lease: []float64{1, 7, 30, 400}[r.IntN(4)], ipv6: r.Float64() < 0.3,
	}
	p.home = g.w.somewhere(func(c city) float64 { return c.home })
	if r.Float64() < 0.55 {
		p.office = offices[int(float64(len(offices))*r.Float64()*r.Float64())] // skewed to the first, the largest
		p.home, p.remote = g.w.pools[p.office].at, r.Float64()*0.7
	}
	p.isp, p.carrier = g.w.one(p.home, residential), g.w.one(p.home, mobile)
	p.rhythm = []rhythm{dayWork, dayWork, dayWork, dayWork, dayWork, dayWork, evenings, evenings, shifts, nights}[r.IntN(10)]
	if r.Float64() < 0.15 {
		p.passkey = 0.5 + r.Float64()*0.5
	}
	g.vpnHabit(p)
	g.equip(p)
	g.journeys(p)
	p.clients = g.favourites()
	return p
}

// vpnHabit: one in eight uses a VPN, mostly by the same few exits.
func (g *generator) vpnHabit(p *person) {
	if g.r.Float64() >= 0.12 {
		return
	}
	p.vpnUse = 0.1 + 0.8*g.r.Float64()
	for range 1 + g.r.IntN(3) {
		at := p.home
		if g.r.Float64() < 0.4 {
			at = g.w.somewhere(func(c city) float64 { return c.away })
		}
		p.exits = append(p.exits, g.w.one(at, vpn))
	}
}

// equip gives a computer, mostly a phone, and sometimes a third; a quarter of them is replaced within the time.
func (g *generator) equip(p *person) {
	g.own(p, false, p.office >= 0 && g.r.Float64() < 0.4)
	if g.r.Float64() < 0.8 {
		g.own(p, true, false)
	}
	if g.r.Float64() < 0.3 {
		g.own(p, g.r.Float64() < 0.5, false)
	}
}

func (g *generator) own(p *person, phone, desk bool) {
	d := &device{platform: pickPlatform(g.r, phone), phone: phone, desk: desk, lag: g.r.IntN(20), to: days}
	if g.r.Float64() < 0.25 {
		d.to = g.r.Float64() * days
		next := &device{platform: d.platform, phone: phone, desk: desk, lag: g.r.IntN(20), from: d.to, to: days}
		if g.r.Float64() < 0.15 {
			next.platform = pickPlatform(g.r, phone)
		}
		g.fill(next)
		p.devices = append(p.devices, next)
	}
	g.fill(d)
	p.devices = append(p.devices, d)
}

// fill draws when the device's cookies are cleared: once in about 20 months.
func (g *generator) fill(d *device) {
	for at := d.from + g.r.ExpFloat64()*600; at < d.to; at += g.r.ExpFloat64() * 600 {
		d.forgotten = append(d.forgotten, at)
	}
	for range len(d.forgotten) + 1 {
		d.cookies = append(d.cookies, g.cookie())
	}
}

// cookie is the device's cookie at a time.
func (d *device) cookie(at float64) string { return d.cookies[sort.SearchFloat64s(d.forgotten, at)] }

// journeys: one in three travels once, some more often, days to weeks; one in a hundred moves for good.
func (g *generator) journeys(p *person) {
	for at := g.r.ExpFloat64() * 300; at < days; at += 5 + g.r.ExpFloat64()*300 {
		to := g.w.somewhere(func(c city) float64 { return c.away })
		p.stays = append(p.stays, stay{from: at, to: at + math.Exp(0.7+0.8*g.r.NormFloat64()), at: to, wifi: g.w.one(to, wifi)})
	}
	if g.r.Float64() < 0.01 {
		to := g.w.somewhere(func(c city) float64 { return c.home })
		p.stays = append(p.stays, stay{from: g.r.Float64() * days, to: days, at: to, wifi: g.w.one(to, residential)})
	}
}

// conferences send thirty people each to one hotel.
func (g *generator) conferences(all []*person) {
	for range 2 {
		to, from := g.w.somewhere(func(c city) float64 { return c.away }), 10+g.r.Float64()*(days-20)
		pool := g.w.one(to, wifi)
		for range 30 {
			p := all[g.r.IntN(len(all))]
			p.stays = append(p.stays, stay{from: from, to: from + 3, at: to, wifi: pool, conf: true})
		}
	}
}

// favourites are the applications that somebody uses; few are used by nearly everybody.
func (g *generator) favourites() []string {
	out := []string{applications()[0]}
	for range 1 + g.r.IntN(4) {
		out = append(out, applications()[int(float64(len(applications()))*g.r.Float64()*g.r.Float64())])
	}
	return out
}

func applications() []string {
	return []string{"mail", "chat", "files", "wiki", "intranet", "tickets", "code", "payroll", "crm", "billing", "analytics", "admin"}
}

// away is the journey somebody is on, nil at home.
func (p *person) away(day float64) *stay {
	for i := range p.stays {
		if s := &p.stays[i]; s.from <= day && day < s.to {
			return s
		}
	}
	return nil
}

func (g *generator) cookie() string { return fmt.Sprintf("d%016x", g.r.Uint64()) }

// newRand is the source of one part, so that a change in one does not move the others.
func newRand(seed, part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) } //nolint:gosec // must be the same each time

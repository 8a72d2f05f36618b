package generate

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/risk/replay"
)

// spot is where a sign-in comes from.
type spot struct {
	pool    int
	address netip.Addr
}

// start is the generator's first moment: a Monday.
func start() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

// genuine makes the sign-ins of people, about n; the caller cuts to measure.
func (g *generator) genuine(all []*person, n int) {
	sums, sum := make([]float64, len(all)), 0.0
	for i, p := range all {
		sum += p.rate
		sums[i] = sum
	}
	for range n {
		i, _ := slices.BinarySearch(sums, g.r.Float64()*sum)
		g.signIn(all[min(i, len(all)-1)])
	}
	g.expiredPasswords(all)
	g.stuckApps(all)
	g.probes(all)
}

// moment draws when somebody signs in: by their rhythm, in the time of the place where they are.
func (g *generator) moment(p *person) float64 {
	for {
		day := g.r.IntN(days)
		hour := g.hour(p, day)
		if weekend := day%7 >= 5; weekend && p.rhythm == dayWork && g.r.Float64() < 0.85 {
			continue
		}
		zone := g.w.cities[p.home].zone
		if s := p.away(float64(day)); s != nil {
			zone = g.w.cities[s.at].zone
		}
		if at := float64(day) + (hour-zone)/24; at >= 0 && at < days {
			return at
		}
	}
}

// hour is local, and may lie beyond midnight.
func (g *generator) hour(p *person, day int) float64 {
	normal := func(mean, dev float64) float64 { return mean + dev*g.r.NormFloat64() }
	switch p.rhythm {
	case evenings:
		return normal(20.5, 2.5)
	case nights:
		return normal(25, 3)
	case shifts:
		return normal([]float64{6.5, 14.5, 22.5}[(day/7)%3], 1.5)
	case dayWork:
	}
	return []float64{normal(9, 1.2), normal(9, 1.2), normal(13.5, 2), normal(20, 2)}[g.r.IntN(4)]
}

// signIn is one sign-in with whatever goes before it.
func (g *generator) signIn(p *person) {
	at := g.moment(p)
	d := g.hand(p, at)
	if d == nil {
		return
	}
	s := g.where(p, d, at)
	e := g.event(p, d, s, at)
	if e.Factor == "password" {
		at = g.mistakes(p, e, at)
		e.Time = instant(at)
	}
	g.add(e, replay.Genuine)
}

// hand is the device that is used: one that is owned then, and in the office the one on the desk. Once in 200 it is somebody else's.
func (g *generator) hand(p *person, at float64) *device {
	if g.r.Float64() < 0.005 {
		d := &device{platform: pickPlatform(g.r, g.r.Float64() < 0.3), lag: g.r.IntN(20)}
		g.fill(d)
		return d
	}
	var owned []*device
	for _, d := range p.devices {
		if d.from <= at && at < d.to && (!d.desk || p.away(at) == nil) {
			owned = append(owned, d)
		}
	}
	if len(owned) == 0 {
		return nil
	}
	return owned[int(float64(len(owned))*g.r.Float64()*g.r.Float64())]
}

// where is the network: office, home, phone network, a journey's, or a VPN over any of them.
func (g *generator) where(p *person, d *device, at float64) spot {
	if p.vpnUse > 0 && !d.desk && g.r.Float64() < p.vpnUse {
		exit := p.exits[g.r.IntN(len(p.exits))]
		if g.r.Float64() < 0.04 {
			exit = g.w.one(g.w.somewhere(func(c city) float64 { return c.away }), vpn)
		}
		return spot{exit, g.w.v4(exit, uint32(g.r.IntN(60)))} //nolint:gosec // small
	}
	if s := p.away(at); s != nil {
		return g.abroad(p, d, s, at)
	}
	if d.desk || p.office >= 0 && !d.phone && g.r.Float64() > p.remote {
		return spot{p.office, g.w.v4(p.office, uint32(g.r.IntN(2)))} //nolint:gosec // small
	}
	if d.phone && g.r.Float64() < 0.55 {
		return g.cellular(p.carrier, p)
	}
	return g.household(p.isp, p, at)
}

func (g *generator) abroad(p *person, d *device, s *stay, at float64) spot {
	if d.phone && !s.conf && g.r.Float64() < 0.4 {
		if p.roams {
			return g.cellular(p.carrier, p)
		}
		return g.cellular(g.w.one(s.at, mobile), p)
	}
	if g.w.pools[s.wifi].kind == residential { // moved
		return g.household(s.wifi, p, at)
	}
	return spot{s.wifi, g.w.v4(s.wifi, uint32(s.from)%7)}
}

// household keeps an address as long as its lease; with IPv6 its /64.
func (g *generator) household(isp int, p *person, at float64) spot {
	subscriber := p.host + 7919*uint32(at/p.lease)
	if p.ipv6 {
		return spot{isp, g.w.v6(isp, subscriber)}
	}
	return spot{isp, g.w.v4(isp, subscriber%65534)}
}

// cellular is one of forty addresses that a carrier's customers in one city share, or a /64 of the moment.
func (g *generator) cellular(carrier int, p *person) spot {
	if p.ipv6 {
		return spot{carrier, g.w.v6(carrier, g.r.Uint32())}
	}
	return spot{carrier, g.w.v4(carrier, uint32(g.r.IntN(40))*11)} //nolint:gosec // small
}

// event is a sign-in that works.
func (g *generator) event(p *person, d *device, s spot, at float64) replay.Event {
	e := replay.Event{
		Time: instant(at), Person: p.id, Outcome: replay.Success, Agent: agent(d.platform, int(at), d.lag), Device: d.cookie(at), Factor: "password",
		Client: p.clients[int(float64(len(p.clients))*g.r.Float64()*g.r.Float64())],
	}
	if p.private {
		e.Device = g.cookie()
	}
	if g.r.Float64() < p.passkey {
		e.Factor = "passkey"
	}
	g.locate(&e, s)
	return e
}

func (g *generator) locate(e *replay.Event, s spot) {
	country, lat, lon := g.w.place(s.pool, s.address)
	e.Address, e.Country, e.ASN, e.Lat, e.Lon = s.address, country, g.w.pools[s.pool].asn, &lat, &lon
}

// mistakes go before a sign-in: a wrong password, an address that nobody has, a forgotten password and a reset. It returns when it works at last.
func (g *generator) mistakes(p *person, e replay.Event, at float64) float64 {
	const second = 1.0 / 86400
	n := 0
	for n < 3 && g.r.Float64() < p.typos {
		n++
	}
	pause := 5 + 30*g.r.Float64()
	if g.r.Float64() < 0.004 {
		n, pause = 4+g.r.IntN(6), 15+60*g.r.Float64()
	}
	if g.r.Float64() < 0.004 {
		wrong := e
		wrong.Person = ""
		g.fail(wrong, at)
		at += pause * second
	}
	for range n {
		g.fail(e, at)
		at += pause * second
	}
	return at
}

func (g *generator) fail(e replay.Event, at float64) {
	e.Outcome, e.Time = replay.Failure, instant(at)
	g.add(e, replay.Genuine)
}

// expiredPasswords: twice, an office returns to a changed password within one Monday morning.
func (g *generator) expiredPasswords(all []*person) {
	for week := range 2 {
		pool := all[g.r.IntN(len(all))].office
		for _, p := range all {
			if p.office != pool || pool < 0 || g.r.Float64() > 0.3 {
				continue
			}
			at := float64(28+35*week) + (8+g.r.Float64()*1.5-g.w.cities[p.home].zone)/24
			d := p.devices[len(p.devices)-1]
			e := g.event(p, d, spot{pool, g.w.v4(pool, uint32(g.r.IntN(2)))}, at) //nolint:gosec // small
			e.Factor = "password"
			for range 1 + g.r.IntN(3) {
				g.fail(e, at)
				at += 20.0 / 86400
			}
			e.Time = instant(at)
			g.add(e, replay.Genuine)
		}
	}
}

// stuckApps try an old password again and again: one person in 200.
func (g *generator) stuckApps(all []*person) {
	for range len(all) / 200 {
		p := all[g.r.IntN(len(all))]
		at := g.moment(p)
		d := p.devices[0]
		if at < d.from || at >= d.to {
			continue
		}
		e := g.event(p, d, g.where(p, d, at), at)
		for range 15 + g.r.IntN(25) {
			g.fail(e, math.Min(at, days))
			at += (5 + 10*g.r.Float64()) / 1440
		}
	}
}

// probes are two accounts of a monitoring service: a browser without memory, from a data centre, each four hours.
func (g *generator) probes(all []*person) {
	for i := range min(2, len(all)) {
		p := all[len(all)-1-i]
		pool := g.w.one(g.w.somewhere(func(c city) float64 { return c.home }), hosting)
		s := spot{pool, g.w.v4(pool, g.r.Uint32())}
		for at := g.r.Float64() / 6; at < days; at += 1.0/6 + g.r.Float64()/1440 {
			e := g.event(p, p.devices[0], s, at)
			e.Agent, e.Device, e.Factor, e.Client = agent("linux-headless", int(at), 0), g.cookie(), "password", "mail"
			g.add(e, replay.Genuine)
		}
	}
}

func instant(day float64) time.Time {
	return start().Add(time.Duration(day * float64(24*time.Hour))).Truncate(time.Millisecond)
}

package generate

import (
	"github.com/jedan-auth/jedan-auth/risk/replay"
)

const (
	second = 1.0 / 86400
	minute = 60 * second
	hour   = 3600 * second
)

// attacks adds all kinds; scale shrinks them with the number of events.
func (g *generator) attacks(all []*person, events int) {
	scale := float64(events) / 100_000
	g.stuffing(all, scale)
	g.spraying(all, scale)
	g.travel(all, times(200, scale))
	g.takeovers(all, times(150, scale))
}

func times(n int, scale float64) int { return max(1, int(float64(n)*scale)) }

// campaign is how a guesser works.
type campaign struct {
	sources  []spot
	each     int     // attempts of one source before the next; 0: any at any time
	interval float64 // mean time between attempts, days
	agents   []string
	cookies  int // 0: none, 1: one for each source, 2: a new one each time
}

// crew draws a guesser. loud ones sit on a few hosts; botnets have dozens to hundreds of addresses; patient ones rent home addresses, a new one each time.
func (g *generator) crew(style string, day int) campaign {
	c := campaign{cookies: g.r.IntN(3), agents: g.disguise(day)}
	switch style {
	case "loud":
		c.sources, c.interval = g.hosts(1+g.r.IntN(4)), (0.3+2*g.r.Float64())*second
	case "botnet":
		c.sources, c.interval = g.bots(20+g.r.IntN(180)), (1+11*g.r.Float64())*second
	case "rotating":
		c.sources, c.each, c.interval = g.hosts(8+g.r.IntN(20)), 10+g.r.IntN(30), (2+20*g.r.Float64())*second
	case "patient":
		c.sources, c.each, c.interval = g.bots(600), 1, (20+160*g.r.Float64())*second
	}
	return c
}

// disguise is what a tool calls itself: a script's name, one browser, or a list of browsers.
func (g *generator) disguise(day int) []string {
	switch x := g.r.Float64(); {
	case x < 0.1:
		return []string{agent("python", day, 0)}
	case x < 0.15:
		return []string{agent("go", day, 0)}
	case x < 0.6:
		return []string{agent(pickPlatform(g.r, false), day, g.r.IntN(200))}
	}
	out := make([]string, 4+g.r.IntN(12))
	for i := range out {
		out[i] = agent(pickPlatform(g.r, g.r.Float64() < 0.3), day, g.r.IntN(200))
	}
	return out
}

func (g *generator) hosts(n int) []spot {
	out := make([]spot, n)
	for i := range out {
		out[i] = g.source(hosting)
	}
	return out
}

func (g *generator) bots(n int) []spot {
	out := make([]spot, n)
	for i := range out {
		out[i] = g.source(residential)
		if g.r.Float64() < 0.2 {
			out[i] = g.source(mobile)
		}
	}
	return out
}

// source is an address of an attacker.
func (g *generator) source(k kind) spot {
	pool := g.w.one(g.w.somewhere(func(c city) float64 { return c.attack }), k)
	return spot{pool, g.w.v4(pool, g.r.Uint32())}
}

// run makes n attempts; whom says whom the i-th is at ("" nobody) and whether it works.
func (g *generator) run(style string, n int, label string, whom func(i int) (id string, works bool)) {
	at, jars := 10+g.r.Float64()*(days-15), map[int]string{}
	c := g.crew(style, int(at))
	client := applications()[g.r.IntN(3)]
	for i := range n {
		at += g.r.ExpFloat64() * c.interval
		if at >= days {
			return
		}
		from := g.r.IntN(len(c.sources))
		if c.each > 0 {
			from = i / c.each % len(c.sources)
		}
		id, works := whom(i)
		e := replay.Event{
			Time: instant(at), Person: id, Outcome: replay.Failure, Agent: c.agents[g.r.IntN(len(c.agents))], Device: g.jar(c, jars, from),
			Factor: "password", Client: client,
		}
		if works {
			e.Outcome = replay.Success
		}
		g.locate(&e, c.sources[from])
		g.add(e, label)
	}
}

// jar is the device cookie of an attempt.
func (g *generator) jar(c campaign, jars map[int]string, from int) string {
	switch {
	case c.cookies == 0:
		return ""
	case c.cookies == 2:
		return g.cookie()
	case jars[from] == "":
		jars[from] = g.cookie()
	}
	return jars[from]
}

// stuffing tries stolen pairs: seven in ten name nobody here; of the others one in fifty works.
func (g *generator) stuffing(all []*person, scale float64) {
	for _, style := range []string{"loud", "loud", "botnet", "botnet", "botnet", "botnet", "patient", "patient"} {
		g.run(style, times(300+g.r.IntN(400), scale), replay.Stuffing, func(int) (string, bool) {
			if g.r.Float64() < 0.7 {
				return "", false
			}
			return all[g.r.IntN(len(all))].id, g.r.Float64() < 0.02
		})
	}
}

// spraying tries few passwords at everybody in turn, an hour or more apart for the same account: four in five names exist; one in 200 works.
func (g *generator) spraying(all []*person, scale float64) {
	for _, style := range []string{"loud", "loud", "rotating", "rotating", "rotating", "patient"} {
		order := g.r.Perm(len(all))
		g.run(style, times(200+g.r.IntN(300), scale), replay.Spraying, func(i int) (string, bool) {
			if g.r.Float64() < 0.2 {
				return "", false
			}
			return all[order[i%len(order)]].id, g.r.Float64() < 0.005
		})
	}
}

// impostor is somebody who has the password.
type impostor struct {
	from   spot
	agent  string
	device string
}

// impostor draws one. cookies is how often the victim's cookie was stolen too; then the browser looks the same.
func (g *generator) impostor(victim *person, at, cookies float64) impostor {
	m := impostor{device: g.cookie(), from: g.lair(victim)}
	own := victim.devices[len(victim.devices)-1]
	switch x := g.r.Float64(); {
	case g.r.Float64() < cookies:
		m.device, m.agent = own.cookie(at), agent(own.platform, int(at), own.lag)
	case x < 0.6:
		m.agent = agent("windows-chrome", int(at), g.r.IntN(60))
	case x < 0.75:
		m.agent = agent("android-chrome", int(at), g.r.IntN(60))
	case x < 0.85:
		m.agent = agent([]string{"linux-chrome", "linux-firefox", "linux-headless"}[g.r.IntN(3)], int(at), g.r.IntN(60))
	default:
		m.agent = agent(own.platform, int(at), own.lag)
	}
	return m
}

// lair is where the impostor comes from: half from homes and phones elsewhere, a quarter from hosts and VPNs elsewhere, a tenth from VPNs and hosts near
// the victim, the rest from a home address near the victim.
func (g *generator) lair(victim *person) spot {
	x := g.r.Float64()
	at := victim.home
	if x < 0.75 {
		for at == victim.home {
			at = g.w.somewhere(func(c city) float64 { return c.attack })
		}
	}
	k := residential
	switch {
	case x >= 0.5 && x < 0.85:
		k = []kind{hosting, vpn}[g.r.IntN(2)]
	case x < 0.1:
		k = mobile
	}
	pool := g.w.one(at, k)
	return spot{pool, g.w.v4(pool, g.r.Uint32())}
}

// takeovers: the impostor comes at any hour, now and then misses first, and comes back within two days.
func (g *generator) takeovers(all []*person, n int) {
	for range n {
		victim, at := all[g.r.IntN(len(all))], 2+g.r.Float64()*(days-5)
		m := g.impostor(victim, at, 0.12)
		if g.r.Float64() < 0.2 {
			for range 1 + g.r.IntN(3) {
				g.enter(victim, m, at, replay.Failure, replay.Takeover)
				at += 20 * second
			}
		}
		for {
			g.enter(victim, m, at, replay.Success, replay.Takeover)
			if at += g.r.ExpFloat64() * 16 * hour; g.r.Float64() > 0.5 || at >= days {
				break
			}
		}
	}
}

func (g *generator) enter(victim *person, m impostor, at float64, outcome, label string) {
	e := replay.Event{
		Time: instant(at), Person: victim.id, Outcome: outcome, Agent: m.agent, Device: m.device, Factor: "password",
		Client: applications()[g.r.IntN(4)],
	}
	g.locate(&e, m.from)
	g.add(e, label)
}

// travel: the person signs in at home, and minutes to three hours later somebody does so from where no aeroplane can have brought them.
func (g *generator) travel(all []*person, n int) {
	for range n {
		victim := all[g.r.IntN(len(all))]
		at := g.moment(victim)
		d := g.hand(victim, at)
		if d == nil || at < 2 || at > days-1 {
			continue
		}
		own := g.event(victim, d, g.where(victim, d, at), at)
		then := at + (5+175*g.r.Float64())*minute
		m := g.impostor(victim, then, 0.25)
		for tries := 0; tries < 100 && !g.impossible(own, m.from, (then-at)*24); tries++ {
			m.from = g.lair(victim)
		}
		g.add(own, replay.Genuine)
		g.enter(victim, m, then, replay.Success, replay.Travel)
	}
}

// impossible: more than 1,000 km, faster than 1,000 km/h.
func (g *generator) impossible(own replay.Event, s spot, hours float64) bool {
	_, lat, lon := g.w.place(s.pool, s.address)
	km := kilometres(*own.Lat, *own.Lon, lat, lon)
	return km > 1000 && km/hours > 1000
}

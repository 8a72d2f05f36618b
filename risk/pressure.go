package risk

import "net/netip"

// From how many refused strangers on, within about an hour, an address or everybody counts as under attack: beyond what people err.
const (
	lineErrs  = 5
	crowdErrs = 20
)

// Pressed reports that far more strangers are refused from an address, or everywhere, than people err: sign-ins that work from there, and what is usual, speak
// against it.
func (m *Module) Pressed(ip netip.Addr) bool {
	if m.c.Off {
		return false
	}
	now, a := m.d.Now(), &Attempt{Address: ip}
	line := m.traffic.Of(ByLine, a.Line().String(), now)
	if line.Strangers > lineErrs+0.1*line.Works {
		return true
	}
	all := m.traffic.Of(Altogether, "all", now)
	return all.Strangers > crowdErrs+5*m.traffic.Usual(now)
}

package session

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
)

// Began is how a session began, beside the browser that brings it now.
type Began struct {
	Agent   string
	IP      netip.Addr
	Browser Browsers
}

// Browsers says whether the browser that brings a session is the one that it was made in.
type Browsers int

// What can be said of it.
const (
	NotKept      Browsers = iota // the session does not know its browser
	SameBrowser                  // it is the one
	OtherBrowser                 // it is known as another
	NoBrowser                    // it brings nothing that it could be known by
)

// Began opens how cur's session began. What cannot be opened is not known: that must keep nobody out.
func (m *Manager) Began(r *http.Request, cur *Current) Began {
	var d deviceText
	if cur.Session.Device.IsZero() {
		return Began{}
	}
	raw, err := m.d.Ring.Open(deviceAt(cur.Session), cur.Session.Device)
	if err != nil || json.Unmarshal(raw, &d) != nil {
		return Began{}
	}
	return Began{Agent: d.Agent, IP: d.IP, Browser: m.compare(r, d.Browser)}
}

func (m *Manager) compare(r *http.Request, kept string) Browsers {
	mem, ok := m.memory(r)
	switch {
	case kept == "":
		return NotKept
	case !ok:
		return NoBrowser
	case kept == mem.mark():
		return SameBrowser
	}
	return OtherBrowser
}

// browserMark is what a session keeps of the browser that it is made in, "" if that is not known: enough to know it again, not enough to make its cookie.
func (m *Manager) browserMark(r *http.Request) string {
	mem, ok := m.memory(r)
	if !ok {
		return ""
	}
	return mem.mark()
}

func (mem memory) mark() string {
	sum := sha256.Sum256(append([]byte("jedan session browser\x00"), mem.id[:]...))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

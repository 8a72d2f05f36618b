package session

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	maxRemembered = 8
	rememberDays  = 180                  // a browser knows a person so long after their last sign-in there
	browserLife   = 400 * 24 * time.Hour // the longest that browsers keep a cookie
	idSize        = 16
	dayTagSize    = 2 + tagSize
	tagSize       = 16
)

// Browser is one browser, whoever uses it.
type Browser struct {
	ID [16]byte // random; flows and form tokens are bound to it
}

// memory is the browser cookie: the id, and when which people last signed in, newest first.
type memory struct {
	id     [idSize]byte
	people []remembered
}

// remembered is a person as the hash of browser and person: the cookie does not say who, and a tag means nothing in another browser. The cookie as
// a whole is signed.
type remembered struct {
	day uint16 // days since 1970
	tag [tagSize]byte
}

// Browser returns the browser of r, and makes one and sets its cookie when there is none or it is not genuine.
func (m *Manager) Browser(w http.ResponseWriter, r *http.Request) Browser {
	mem, ok := m.memory(r)
	if !ok {
		_, _ = rand.Read(mem.id[:]) // never fails since Go 1.24: it crashes the process instead
		m.keep(w, r, mem)
	}
	return Browser{ID: mem.id}
}

// Known is the id of the browser that the request names; false when it names none, as one that another site's form sent.
func (m *Manager) Known(r *http.Request) (id [16]byte, ok bool) {
	mem, ok := m.memory(r)
	return mem.id, ok
}

// Knows reports whether person has signed in in this browser within the last 180 days, as far as it remembers.
func (m *Manager) Knows(r *http.Request, person storage.ID) bool {
	mem, ok := m.memory(r)
	return ok && mem.find(person, m.today()) >= 0
}

// Remember makes the browser know a person, and their name if it is not zero, and forget those whose sign-in is longest ago when there are more than eight. The
// browser's id stays, so that flows open in its other tabs stay valid.
func (m *Manager) Remember(w http.ResponseWriter, r *http.Request, person, name storage.ID) {
	mem, ok := m.memory(r)
	if !ok {
		_, _ = rand.Read(mem.id[:]) // as above
	}
	today := m.today()
	mem.people = slices.DeleteFunc(mem.people, func(p remembered) bool { return expired(p, today) })
	if !name.IsZero() {
		mem.learn(name, today)
	}
	mem.learn(person, today)
	m.keep(w, r, mem)
}

// Name stands for a name that somebody typed who has none here (a directory knows them), in Remember and Knows. Without our key it says nothing.
func (m *Manager) Name(typed string) (name storage.ID) {
	copy(name[:], m.d.Ring.FirstMAC(keys.Sessions, []byte("name"), m.d.Tenant[:], []byte(typed)))
	return name
}

func (m *Manager) today() uint16 { return uint16(m.d.Now().Unix() / 86400) } //nolint:gosec // until the year 2149

func (m *Manager) memory(r *http.Request) (memory, bool) {
	value, ok := m.d.Cookies.Read(r, httpx.BrowserCookie)
	if !ok {
		return memory{}, false
	}
	body, ok := m.verify(kindBrowser, m.d.Tenant, value)
	if !ok {
		return memory{}, false
	}
	return decodeMemory(body)
}

func (m *Manager) keep(w http.ResponseWriter, r *http.Request, mem memory) {
	m.d.Cookies.Write(r.Context(), w, httpx.BrowserCookie, m.sign(kindBrowser, m.d.Tenant, mem.encode()), browserLife)
}

func (mem memory) encode() []byte {
	b := slices.Clone(mem.id[:])
	for _, p := range mem.people {
		b = binary.BigEndian.AppendUint16(b, p.day)
		b = append(b, p.tag[:]...)
	}
	return b
}

func decodeMemory(body []byte) (mem memory, ok bool) {
	if len(body) < idSize || (len(body)-idSize)%dayTagSize != 0 || (len(body)-idSize)/dayTagSize > maxRemembered {
		return memory{}, false
	}
	copy(mem.id[:], body)
	for rest := body[idSize:]; len(rest) > 0; rest = rest[dayTagSize:] {
		p := remembered{day: binary.BigEndian.Uint16(rest)}
		copy(p.tag[:], rest[2:])
		mem.people = append(mem.people, p)
	}
	return mem, mem.id != [idSize]byte{}
}

// learn puts somebody, or a name, first.
func (mem *memory) learn(id storage.ID, today uint16) {
	tag := mem.tag(id)
	mem.people = slices.DeleteFunc(mem.people, func(p remembered) bool { return p.tag == tag })
	mem.people = slices.Insert(mem.people, 0, remembered{day: today, tag: tag})
	mem.people = mem.people[:min(len(mem.people), maxRemembered)]
}

// find returns where person is remembered, -1 if nowhere or too long ago.
func (mem memory) find(person storage.ID, today uint16) int {
	tag, at := mem.tag(person), -1
	for i, p := range mem.people {
		if subtle.ConstantTimeCompare(p.tag[:], tag[:]) == 1 && !expired(p, today) {
			at = i
		}
	}
	return at
}

func (mem memory) tag(person storage.ID) (tag [tagSize]byte) {
	sum := sha256.Sum256(slices.Concat([]byte("jedan device 1"), mem.id[:], person[:]))
	copy(tag[:], sum[:])
	return tag
}

// expired is also true for a day in the future, which only a clock set back can make.
func expired(p remembered, today uint16) bool {
	return p.day > today+1 || today-min(p.day, today) > rememberDays
}

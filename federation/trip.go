package federation

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Bounds of trips: they are rows that anybody may have written.
const (
	tripLife      = 15 * time.Minute
	maxPerAddress = 500 // an office is one address
	maxTrips      = 50_000
)

// trip is what waits here while a browser is elsewhere, or while its person proves that an account is theirs.
type trip struct {
	Connector storage.ID `json:"connector"`
	Flow      string     `json:"flow,omitempty"` // sealed
	Then      string     `json:"then,omitempty"` // policy's source of where that leads
	Wish      Wish       `json:"wish"`
	Kept      []byte     `json:"kept,omitempty"`
	Began     time.Time  `json:"began"`
	Person    storage.ID `json:"person,omitzero"`    // who links this upstream on their own pages
	Session   storage.ID `json:"session,omitzero"`   // in which they began to
	Found     *Identity  `json:"found,omitempty"`    // who came back, and waits to be linked
	Candidate storage.ID `json:"candidate,omitzero"` // whose address it is
	Test      string     `json:"test,omitempty"`     // an operator's ticket: nobody is signed in
	Method    string     `json:"-"`                  // by which they proved themselves here (RFC 8176): nobody was away
	Since     time.Time  `json:"-"`                  // when they did, where that was before
	Name      storage.ID `json:"-"`                  // stands for the name that they typed here
	Via       *Ready     `json:"-"`                  // the connector that asked the one which knows them; nil: none
}

// What a trip is found by. One is never taken for the other: a browser that is away has a state, an identity that waits for a person's word a ticket.
const (
	byState  = "state"
	byTicket = "ticket"
)

// secret is 256 random bits in base64url.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it crashes the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// mark is the keyed hash by which a trip is found: the row gives away neither what brings it back nor the browser.
func (m *Module) mark(kind string, value []byte) []byte {
	return m.d.Ring.FirstMAC(keys.Flows, []byte("federation "+kind), m.d.Tenant[:], value)
}

func contentAt(p *storage.Trip) seal.Location {
	return seal.Location{Table: "trips", Column: "content", Tenant: p.Tenant, Row: p.ID}
}

// depart keeps a trip for the browser, which comes back with the value.
func (m *Module) depart(c *gin.Context, by, value string, t *trip) error {
	browser, ok := m.d.Browsers.Known(c.Request)
	if !ok {
		return errs.New(errs.Invalid, "Cookies are needed to sign in. Allow them and try again.")
	}
	plain, err := json.Marshal(t)
	if err != nil {
		return err
	}
	now := m.d.Now()
	from := ratelimit.AddrTag(httpx.ClientIP(c))
	row := &storage.Trip{
		Tenant: m.d.Tenant, ID: storage.NewID(now), State: m.mark(by, []byte(value)), Browser: m.mark("browser", browser[:]),
		Address: m.mark("address", from[:]), CreatedAt: now, ExpiresAt: now.Add(tripLife),
	}
	row.Content = m.d.Ring.Seal(contentAt(row), plain)
	return m.d.Store.InsertTrip(c.Request.Context(), row, storage.TripCap{PerAddress: maxPerAddress, All: maxTrips})
}

// arrive takes the trip that this browser began; errs.NotFound when there is none: it is over, it was another browser's, or somebody made the value up.
func (m *Module) arrive(ctx context.Context, browser [16]byte, by, value string) (*trip, error) {
	row, err := m.d.Store.TakeTrip(ctx, m.d.Tenant, m.mark(by, []byte(value)), m.mark("browser", browser[:]), m.d.Now())
	if err != nil {
		return nil, err
	}
	return m.open(row)
}

// look returns the trip that this browser began and leaves it there; errs.NotFound as arrive.
func (m *Module) look(ctx context.Context, browser [16]byte, by, value string) (*trip, error) {
	row, err := m.d.Store.TripByState(ctx, m.d.Tenant, m.mark(by, []byte(value)), m.d.Now())
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(row.Browser, m.mark("browser", browser[:])) {
		return nil, errs.New(errs.NotFound, "")
	}
	return m.open(row)
}

func (m *Module) open(row *storage.Trip) (*trip, error) {
	plain, err := m.d.Ring.Open(contentAt(row), row.Content)
	if err != nil {
		return nil, err
	}
	t := new(trip)
	return t, json.Unmarshal(plain, t)
}

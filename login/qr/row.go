package qr

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/useragent"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// maxAgent is how much of a user agent is kept, in bytes.
const maxAgent = 256

// A link holds the row's id and 128 random bits.
const (
	secretSize = 16
	tokenSize  = 16 + secretSize
)

// secret is what the browser that asks shows, and nobody else knows.
type secret struct {
	Link   []byte `json:"link"`
	Number string `json:"number"` // two digits, entered on the phone
}

// device is one of the two.
type device struct {
	Agent string     `json:"agent,omitempty"`
	IP    netip.Addr `json:"ip,omitzero"`
}

// asker is who asks.
type asker struct {
	device
	Client string `json:"client,omitempty"` // client_id; empty: our own pages
	// After is when the phone's sign-in must be newer than: the application, or a page of ours, wants a new one. Zero: it may be older.
	After time.Time `json:"after,omitzero"`
}

// word is what the phone says.
type word struct {
	device
	AMR      []string  `json:"amr,omitempty"`
	AuthTime time.Time `json:"auth_time,omitzero"`
}

func newSecret() secret {
	s := secret{Link: make([]byte, secretSize)}
	_, _ = rand.Read(s.Link) // never fails since Go 1.24: it crashes the process instead
	n, err := rand.Int(rand.Reader, big.NewInt(100))
	if err != nil {
		panic("qr: no randomness") // as rand.Read does by itself
	}
	s.Number = fmt.Sprintf("%02d", n)
	return s
}

// token is what the link carries.
func (s secret) token(id storage.ID) string {
	return base64.RawURLEncoding.EncodeToString(slices.Concat(id[:], s.Link))
}

// parse takes a link's token apart; nothing about it is proved.
func parse(token string) (id storage.ID, link []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenSize || strings.ContainsAny(token, "\r\n") { // the decoder would skip line ends
		return id, nil, false
	}
	return storage.ID(raw[:16]), raw[16:], true
}

// digits are the two that somebody typed; spaces around them do not count.
func digits(typed string) (number string, ok bool) {
	number = strings.TrimSpace(typed)
	return number, len(number) == 2 && !strings.ContainsFunc(number, func(r rune) bool { return r < '0' || r > '9' })
}

func (s secret) numbered(number string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Number), []byte(number)) == 1
}

// conveyed is what a session of the phone is worth elsewhere: its first factor, where that could be shown a second time there and must not count twice, and that it came
// over another channel. A passkey is not named: what stands behind it is the phone's, and nothing that resists phishing is left of it here.
func conveyed(amr []string) []string {
	for _, first := range []string{"pwd", "otp"} {
		if slices.Contains(amr, first) {
			return []string{first, assurance.Channel}
		}
	}
	return []string{assurance.Channel}
}

// wantedAfter is when a flow that asks for a new sign-in began; zero: it asks for none.
func (m *Module) wantedAfter(ctx context.Context, fl *flow.Flow) (time.Time, error) {
	prompts := strings.Fields(fl.Params.Get("prompt"))
	if slices.Contains(prompts, "login") || slices.Contains(prompts, "create") || fl.Params.Has("max_age") {
		return fl.Started, nil
	}
	if fl.Client == "" {
		return time.Time{}, nil
	}
	if aged, err := m.d.Aged(ctx, fl.Client); err != nil || aged {
		return fl.Started, err
	}
	return time.Time{}, nil
}

// shown says a device in words.
func (m *Module) shown(d device, lang string) web.QRDevice {
	out := web.QRDevice{}
	out.Browser, out.System = useragent.Parse(d.Agent)
	if d.IP.IsValid() {
		out.Address, out.Place = d.IP.String(), m.d.Words(d.IP, lang)
	}
	return out
}

func (m *Module) seal(q *storage.QRSignIn, column string, value any) (seal.Text, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return seal.Text{}, err
	}
	return m.d.Ring.Seal(place(q, column), raw), nil
}

func (m *Module) open(q *storage.QRSignIn, column string, t seal.Text, into any) error {
	if t.IsZero() {
		return nil
	}
	raw, err := m.d.Ring.Open(place(q, column), t)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

func place(q *storage.QRSignIn, column string) seal.Location {
	return seal.Location{Table: q.TableName(), Column: column, Tenant: q.Tenant, Row: q.ID}
}

// linkPath is the phone's page.
func linkPath(token string) string { return phonePath + "?" + url.Values{"token": {token}}.Encode() }

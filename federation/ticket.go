package federation

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ticketLife is how long an operator's link to a connector's test page is good. It opens nothing else, and shows whoever follows it their own claims.
const ticketLife = 15 * time.Minute

// TestURL is the address of a connector's test page, for the operator who asks.
func (m *Manager) TestURL(row *storage.Connector, issuer string) string {
	return issuer + "/federation/" + row.Name + "/test?ticket=" + ticket(m.Ring, m.Tenant, row.ID, m.Now().Add(ticketLife))
}

type macRing interface {
	FirstMAC(purpose string, parts ...[]byte) []byte
}

// ticket is a time in seconds and its keyed hash for the connector.
func ticket(ring macRing, tenant, connector storage.ID, until time.Time) string {
	at := binary.BigEndian.AppendUint64(nil, uint64(until.Unix())) //nolint:gosec // G115: this century
	return base64.RawURLEncoding.EncodeToString(append(at, ring.FirstMAC(keys.Flows, []byte("federation test"), tenant[:], connector[:], at)...))
}

func admits(ring macRing, tenant, connector storage.ID, text string, now time.Time) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) <= 8 {
		return false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(raw[:8])), 0) //nolint:gosec // G115: judged by the hash
	return hmac.Equal(raw[8:], ring.FirstMAC(keys.Flows, []byte("federation test"), tenant[:], connector[:], raw[:8])) && now.Before(until)
}

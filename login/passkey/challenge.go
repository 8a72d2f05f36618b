package passkey

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
)

// A challenge is: key version (2, big endian), end of its life in seconds (8), random (16), HMAC (32) over those and what it is for. Nobody keeps it.
const (
	headSize        = 2 + 8 + 16
	challengeSize   = headSize + 32
	challengeLife   = 10 * time.Minute
	challengeLabel  = "passkey challenge"
	ceremonyGet     = "get"
	ceremonyCreate  = "create"
	challengeMillis = int(challengeLife / time.Millisecond)
)

// bound is what a challenge serves for: nothing else answers it.
type bound [][]byte

// boundToFlow is for a sign-in: this flow in this browser.
func boundToFlow(st *login.Step) bound {
	return bound{[]byte(ceremonyGet), st.Flow.Tenant[:], st.Flow.ID[:], st.Flow.Browser[:]}
}

// boundToSession is for a new passkey of who is signed in.
func boundToSession(cur *session.Current) bound {
	s := cur.Session
	return bound{[]byte(ceremonyCreate), s.Tenant[:], s.ID[:], s.Person[:]}
}

// newChallenge makes one, base64url.
func (m *Module) newChallenge(b bound) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(m.d.Now().Add(challengeLife).Unix())) //nolint:gosec // read back as int64
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24: it crashes the process instead
	body = append(body, random[:]...)
	version, mac := m.d.Ring.MAC(keys.Sessions, b.parts(body)...)
	out := binary.BigEndian.AppendUint16(nil, uint16(version)) //nolint:gosec // key versions are below 65536
	return base64.RawURLEncoding.EncodeToString(append(append(out, body...), mac...))
}

// openChallenge says until when a challenge counts, if it was made for b.
func (m *Module) openChallenge(text string, b bound) (until time.Time, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != challengeSize || len(text) != base64.RawURLEncoding.EncodedLen(challengeSize) {
		return time.Time{}, false
	}
	version, body, mac := int(binary.BigEndian.Uint16(raw)), raw[2:headSize], raw[headSize:]
	if !m.d.Ring.VerifyMAC(keys.Sessions, version, mac, b.parts(body)...) {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(body)), 0).UTC(), true //nolint:gosec // written from an int64
}

// parts begin with a label of their own: no cookie, form token or step under the same key is a challenge.
func (b bound) parts(body []byte) [][]byte {
	return append(append([][]byte{[]byte(challengeLabel)}, b...), body)
}

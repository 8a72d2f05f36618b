package challenge

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	format    = 0x01
	nonceSize = 16
	bodySize  = 4 + 8 + 8 + nonceSize
	macSize   = 32
	lifetime  = 10 * time.Minute
	pieces    = 8 // of the work: many small ones take much the same time for everybody
)

// token is a challenge: all that is known of it is in it, signed.
type token struct {
	kind        web.ChallengeKind
	bits        int // of a piece
	pieces      int
	from, until time.Time // to the second
	nonce       [nonceSize]byte
}

func fresh() (n [nonceSize]byte) {
	_, _ = rand.Read(n[:]) // never fails since Go 1.24: it crashes the process instead
	return n
}

// text is the nonce as browsers and services see it.
func (t *token) text() string { return base64.RawURLEncoding.EncodeToString(t.nonce[:]) }

func (t *token) body() []byte {
	b := make([]byte, 0, 2+bodySize+macSize)
	b = append(b, format, byte(t.kind), byte(t.bits), byte(t.pieces))
	b = binary.BigEndian.AppendUint64(b, uint64(t.from.Unix()))  //nolint:gosec // read back as int64
	b = binary.BigEndian.AppendUint64(b, uint64(t.until.Unix())) //nolint:gosec // as above
	return append(b, t.nonce[:]...)
}

// parts begin with a label of its own, so that nothing else under the same key is a challenge; purpose and browser are signed, not said.
func parts(purpose string, browser [16]byte, body []byte) [][]byte {
	return [][]byte{[]byte("challenge"), []byte(purpose), browser[:], body}
}

func (m *Module) sign(t *token, purpose string, browser [16]byte) string {
	body := t.body()
	version, mac := m.d.Ring.MAC(keys.Sessions, parts(purpose, browser, body)...)
	out := binary.BigEndian.AppendUint16(body, uint16(version)) //nolint:gosec // key versions are below 65536
	return base64.RawURLEncoding.EncodeToString(append(out, mac...))
}

// open reads what sign made for this purpose in this browser; nil for anything else.
func (m *Module) open(s, purpose string, browser [16]byte) *token {
	if len(s) > 256 {
		return nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != bodySize+2+macSize || raw[0] != format {
		return nil
	}
	body, version, mac := raw[:bodySize], int(binary.BigEndian.Uint16(raw[bodySize:])), raw[bodySize+2:]
	if !m.d.Ring.VerifyMAC(keys.Sessions, version, mac, parts(purpose, browser, body)...) {
		return nil
	}
	at := func(i int) time.Time { return time.Unix(int64(binary.BigEndian.Uint64(body[i:])), 0) } //nolint:gosec // written from an int64
	t := &token{kind: web.ChallengeKind(body[1]), bits: int(body[2]), pieces: int(body[3]), from: at(4), until: at(12)}
	copy(t.nonce[:], body[20:])
	return t
}

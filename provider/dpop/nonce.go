package dpop

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A nonce is the number of a minute and a MAC over it: every node makes and knows the same ones, and none is stored.
const (
	nonceStep  = time.Minute
	nonceSteps = 5 // how many are good at a time
	nonceLife  = nonceSteps * nonceStep
	nonceLen   = 2 + 8 + 32
)

type nonces struct {
	ring   Ring
	tenant storage.ID
	now    func() time.Time
}

func (n nonces) step() int64 { return n.now().Unix() / int64(nonceStep/time.Second) }

// issue returns the nonce of this minute.
func (n nonces) issue() string {
	at := binary.BigEndian.AppendUint64(nil, uint64(n.step()))
	version, mac := n.ring.MAC(keys.Nonces, []byte("dpop"), n.tenant[:], at)
	b := make([]byte, 0, nonceLen)
	b = append(binary.BigEndian.AppendUint16(b, uint16(version)), at...)
	return base64.RawURLEncoding.EncodeToString(append(b, mac...))
}

// ours reports whether a nonce is one of the last minutes'. One of the next minute is a node's whose clock is a little ahead.
func (n nonces) ours(nonce string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != nonceLen {
		return false
	}
	at := int64(binary.BigEndian.Uint64(b[2:10]))
	if now := n.step(); at <= now-nonceSteps || at > now+1 {
		return false
	}
	return n.ring.VerifyMAC(keys.Nonces, int(binary.BigEndian.Uint16(b)), b[10:], []byte("dpop"), n.tenant[:], b[2:10])
}

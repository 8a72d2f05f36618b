package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
)

// Sealed layout: format (1), key version (2, big endian), nonce (24), ciphertext, tag (16).
const (
	formatXAES = 0x01
	headerSize = 1 + 2
	overhead   = headerSize + nonceSize + tagSize
)

// Kinds of associated data, so that a sealed column never opens as a sealed message under the same key.
const (
	kindColumn  = 'c'
	kindMessage = 'm'
)

// ErrOpen is every failure to open: a forged or damaged value, another key, another place. It says no more on purpose.
var ErrOpen = errors.New("seal: does not open")

// Location is where a sealed value lives. It is authenticated with the value.
type Location struct {
	Table, Column string
	Tenant, Row   [16]byte
}

// Key is one version of a 256-bit sealing key. It is safe for concurrent use.
type Key struct {
	version uint16
	x       xaes
	batch   atomic.Pointer[batch] // what is sealed with now
}

// NewKey makes a key from 32 random bytes; version is 1 to 65535 and travels with everything the key seals.
func NewKey(version int, raw []byte) (*Key, error) {
	if version < 1 || version > math.MaxUint16 {
		return nil, fmt.Errorf("seal: key version %d is out of range", version)
	}
	if len(raw) != keySize {
		return nil, fmt.Errorf("seal: a key has %d bytes, not %d", keySize, len(raw))
	}
	x, err := newXAES(raw)
	if err != nil {
		return nil, err
	}
	return &Key{version: uint16(version), x: x}, nil
}

// Version is the version given to NewKey.
func (k *Key) Version() int { return int(k.version) }

// Format never shows the key, whatever the verb.
func (*Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[key]")) }

// Seal encrypts plaintext for one place under a random nonce.
func (k *Key) Seal(at Location, plaintext []byte) Text {
	return Text{c: k.seal(at.bind(kindColumn), plaintext)}
}

// Open decrypts a value that was sealed for the same place by the same key; otherwise the error is ErrOpen.
func (k *Key) Open(at Location, t Text) ([]byte, error) {
	return k.open(at.bind(kindColumn), t.c)
}

// SealBytes encrypts what lives in no column: flows, opaque tokens. The result is 43 bytes longer than plaintext. aad is authenticated only.
func (k *Key) SealBytes(aad, plaintext []byte) []byte {
	return k.seal(append([]byte{kindMessage}, aad...), plaintext)
}

// OpenBytes undoes SealBytes with the same key and aad; otherwise the error is ErrOpen.
func (k *Key) OpenBytes(aad, sealed []byte) ([]byte, error) {
	return k.open(append([]byte{kindMessage}, aad...), sealed)
}

// BytesVersion is the key version that SealBytes wrote into sealed; false if it cannot be a sealed value.
func BytesVersion(sealed []byte) (version int, ok bool) {
	if len(sealed) < overhead || sealed[0] != formatXAES {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(sealed[1:headerSize])), true
}

func (k *Key) seal(aad, plaintext []byte) []byte {
	out := make([]byte, headerSize+nonceSize, overhead+len(plaintext))
	out[0] = formatXAES
	binary.BigEndian.PutUint16(out[1:headerSize], k.version)
	nonce := out[headerSize:]
	b := k.current()
	copy(nonce, b.half[:])
	_, _ = rand.Read(nonce[halfSize:]) // never fails since Go 1.24: it crashes the process instead
	return b.gcm.Seal(out, nonce[halfSize:], plaintext, append(aad, out[:headerSize]...))
}

// current is the batch with room for one more message. Of several that are made at once one stays; the others seal what they were made for.
func (k *Key) current() *batch {
	b := k.batch.Load()
	if b != nil && b.left.Add(-1) >= 0 {
		return b
	}
	next := &batch{}
	_, _ = rand.Read(next.half[:])
	var err error
	if next.gcm, err = k.x.derive(next.half[:]); err != nil {
		panic("seal: AES refuses a 32-byte key: " + err.Error()) // cannot happen; sealing must never fall back to plaintext
	}
	next.left.Store(batchSize - 1)
	k.batch.CompareAndSwap(b, next)
	return next
}

// opener is the GCM for a nonce.
func (k *Key) opener(nonce []byte) (cipher.AEAD, error) {
	if b := k.batch.Load(); b != nil && b.half == [halfSize]byte(nonce[:halfSize]) {
		return b.gcm, nil
	}
	return k.x.derive(nonce)
}

func (k *Key) open(aad, sealed []byte) ([]byte, error) {
	if v, ok := BytesVersion(sealed); !ok || v != int(k.version) {
		return nil, ErrOpen
	}
	nonce := sealed[headerSize : headerSize+nonceSize]
	gcm, err := k.opener(nonce)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce[halfSize:], sealed[headerSize+nonceSize:], append(aad, sealed[:headerSize]...))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// bind encodes the place without ambiguity: every variable field is preceded by its length.
func (at Location) bind(kind byte) []byte {
	b := make([]byte, 0, 1+4+len(at.Table)+4+len(at.Column)+32+headerSize)
	b = append(b, kind)
	b = appendField(b, []byte(at.Table))
	b = appendField(b, []byte(at.Column))
	b = append(b, at.Tenant[:]...)
	return append(b, at.Row[:]...)
}

func appendField(b, field []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field))) //nolint:gosec // names and values are far below 4 GiB
	return append(b, field...)
}

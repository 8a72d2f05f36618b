package kerberostest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"
)

// Realm has one service, and whoever a test wants it to know.
type Realm struct {
	t       testing.TB
	now     func() time.Time
	name    string
	service []string
	keys    []key
	Short   bool // its keytab has the last 8 bits of versions alone
}

type key struct {
	principal []string
	realm     string
	version   uint32
	types.EncryptionKey
}

// Version is the key's that a realm begins with.
const Version = 3

// New makes a realm for a service such as HTTP/id.example@CORP.EXAMPLE, whose key is of AES256.
func New(t testing.TB, now func() time.Time, service string) *Realm {
	t.Helper()
	name, realm, ok := strings.Cut(service, "@")
	if !ok {
		t.Fatal("no realm in " + service)
	}
	r := &Realm{t: t, now: now, name: realm, service: strings.Split(name, "/")}
	r.AddKey(Version, etypeID.AES256_CTS_HMAC_SHA1_96)
	return r
}

// For is the same realm, for a part of the test.
func (r *Realm) For(t testing.TB) *Realm {
	part := *r
	part.t = t
	return &part
}

// Principal is the service's.
func (r *Realm) Principal() string { return strings.Join(r.service, "/") + "@" + r.name }

// AddKey adds a version of the service's key to what comes into the keytab.
func (r *Realm) AddKey(version uint32, etype int32) { r.AddKeyOf(r.service, version, etype) }

// AddKeyOf adds a key of another service.
func (r *Realm) AddKeyOf(principal []string, version uint32, etype int32) {
	r.t.Helper()
	r.keys = append(r.keys, key{principal, r.name, version, r.key(etype, fmt.Sprint(principal, r.name, version))})
}

// Drop takes the keys of a version out of the keytab.
func (r *Realm) Drop(version uint32) {
	var left []key
	for _, k := range r.keys {
		if k.version != version {
			left = append(left, k)
		}
	}
	r.keys = left
}

// random is a new key.
func (r *Realm) random(etype int32) types.EncryptionKey { return r.key(etype, rand.Text()) }

// key is always the same for a label, so that what a fuzz target has kept opens in each of its processes.
func (r *Realm) key(etype int32, label string) types.EncryptionKey {
	r.t.Helper()
	e, err := crypto.GetEtype(etype)
	if err != nil {
		r.t.Fatal(err)
	}
	size := e.GetKeyByteSize()
	if etype == etypeID.AES256_CTS_HMAC_SHA384_192 {
		size = 32
	}
	sum := sha256.Sum256([]byte(label))
	return types.EncryptionKey{KeyType: etype, KeyValue: sum[:size]}
}

// find is a key of the service; a new one when there is none, as of another KDC.
func (r *Realm) find(version uint32, etype int32) types.EncryptionKey {
	for _, k := range r.keys {
		if k.version == version && k.KeyType == etype && strings.Join(k.principal, "/") == strings.Join(r.service, "/") {
			return k.EncryptionKey
		}
	}
	return r.random(etype)
}

// Keytab is the file, in base64.
func (r *Realm) Keytab() string { return base64.StdEncoding.EncodeToString(r.File()) }

// File is the keytab: version 2 of MIT's format, with a hole in it.
func (r *Realm) File() []byte {
	out := []byte{5, 2}
	for _, k := range r.keys {
		entry := binary.BigEndian.AppendUint16(nil, uint16(len(k.principal)))
		entry = text(entry, []byte(k.realm))
		for _, part := range k.principal {
			entry = text(entry, []byte(part))
		}
		entry = binary.BigEndian.AppendUint32(entry, 1)
		entry = binary.BigEndian.AppendUint32(entry, uint32(r.now().Unix())) //nolint:gosec // G115: a test's
		entry = append(entry, byte(k.version))
		entry = binary.BigEndian.AppendUint16(entry, uint16(k.KeyType)) //nolint:gosec // G115: a test's
		entry = text(entry, k.KeyValue)
		if !r.Short {
			entry = binary.BigEndian.AppendUint32(entry, k.version)
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(entry)))
		out = append(out, entry...)
		out = append(out, 0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4) // four bytes that are not in use
	}
	return out
}

func text(to, s []byte) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(s))), s...)
}

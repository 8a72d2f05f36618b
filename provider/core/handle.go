package core

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A handle is what a client holds of a request that waits for a person (device_code, auth_req_id): the row's id and a MAC over it, its kind and its
// client. A forged one, and one in another client's hands, dies before the database.
const handleLen = 2 + 16 + 32

// Handle returns the handle of a client's waiting request, and the keyed hash that its row keeps.
func (t *Tokens) Handle(kind storage.PendingKind, client, id storage.ID) (handle string, hash []byte) {
	version, mac := t.ring.MAC(keys.Codes, []byte("handle"), []byte(kind), t.tenant[:], client[:], id[:])
	b := make([]byte, 0, handleLen)
	b = binary.BigEndian.AppendUint16(b, uint16(version)) //nolint:gosec // versions are below 65536
	b = append(b, id[:]...)
	handle = base64.RawURLEncoding.EncodeToString(append(b, mac...))
	_, hash = t.ring.MAC(keys.Codes, []byte("handle hash"), t.tenant[:], []byte(handle))
	return handle, hash
}

// ParseHandle returns the request that a handle of this kind and client names, if the handle is ours.
func (t *Tokens) ParseHandle(kind storage.PendingKind, client storage.ID, handle string) (storage.ID, bool) {
	b, ok := unwrap(handle, "", handleLen)
	if !ok {
		return storage.ID{}, false
	}
	id := storage.ID(b[2:18])
	ok = t.ring.VerifyMAC(keys.Codes, int(binary.BigEndian.Uint16(b)), b[18:], []byte("handle"), []byte(kind), t.tenant[:], client[:], id[:])
	return id, ok
}

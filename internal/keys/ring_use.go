package keys

import (
	"crypto/hmac"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Seal encrypts a column's value with the current version of Columns.
func (r *Ring) Seal(at seal.Location, plaintext []byte) seal.Text {
	return r.mustCurrent(Columns).seal.Seal(at, plaintext)
}

// Open decrypts a column's value with the version that sealed it; the error is seal.ErrOpen.
func (r *Ring) Open(at seal.Location, t seal.Text) ([]byte, error) {
	k, ok := r.state.Load().find(Columns, t.KeyVersion())
	if !ok {
		return nil, seal.ErrOpen
	}
	return k.seal.Open(at, t)
}

// SealBytes encrypts what lives in no column with the current version of a purpose; aad is authenticated only.
func (r *Ring) SealBytes(purpose string, aad, plaintext []byte) []byte {
	return r.mustCurrent(purpose).seal.SealBytes(aad, plaintext)
}

// OpenBytes undoes SealBytes, whichever version sealed; the error is seal.ErrOpen.
func (r *Ring) OpenBytes(purpose string, aad, sealed []byte) ([]byte, error) {
	version, _ := seal.BytesVersion(sealed)
	k, ok := r.state.Load().find(purpose, version)
	if !ok {
		return nil, seal.ErrOpen
	}
	return k.seal.OpenBytes(aad, sealed)
}

// Current is the version that seals and signs now, and its 32 bytes, which are shared: the caller must not change them.
func (r *Ring) Current(purpose string) (version int, key []byte) {
	k := r.mustCurrent(purpose)
	return k.version, k.raw
}

// Version is one version's key, retired ones included; false if there is none. The bytes are shared: the caller must not change them.
func (r *Ring) Version(purpose string, v int) (key []byte, ok bool) {
	k, ok := r.state.Load().find(purpose, v)
	return k.raw, ok
}

// Versions lists the known versions of a purpose, newest first.
func (r *Ring) Versions(purpose string) []int {
	ks := r.state.Load().purposes[purpose]
	out := make([]int, len(ks))
	for i, k := range ks {
		out[i] = k.version
	}
	return out
}

// MAC authenticates parts with the current version of a purpose: 32 bytes of HMAC-SHA256 over each part preceded by its length.
func (r *Ring) MAC(purpose string, parts ...[]byte) (version int, mac []byte) {
	k := r.mustCurrent(purpose)
	return k.version, k.macs.sum(parts)
}

// FirstMAC authenticates parts with the first version of a purpose, whatever versions there are: for what must come out the same for ever.
func (r *Ring) FirstMAC(purpose string, parts ...[]byte) []byte {
	k, ok := r.state.Load().find(purpose, 1)
	if !ok {
		panic("keys: no first data key for purpose " + purpose) // as mustCurrent
	}
	return k.macs.sum(parts)
}

// VerifyMAC compares in constant time; false for an unknown version or purpose.
func (r *Ring) VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool {
	k, ok := r.state.Load().find(purpose, version)
	return ok && hmac.Equal(mac, k.macs.sum(parts))
}

// Index is the hash to store for a value of a sealed column (seal.Index with the current version of EmailIndex).
func (r *Ring) Index(table, column string, value []byte) []byte {
	return seal.Index(r.mustCurrent(EmailIndex).raw, table, column, r.tenant, value)
}

// Indexes are the hashes to look for, one per version, newest first.
func (r *Ring) Indexes(table, column string, value []byte) [][]byte {
	ks := r.state.Load().purposes[EmailIndex]
	out := make([][]byte, len(ks))
	for i, k := range ks {
		out[i] = seal.Index(k.raw, table, column, r.tenant, value)
	}
	return out
}

// mustCurrent panics for a purpose that does not exist: that is a programmer's mistake, and sealing with no key must never go on.
func (r *Ring) mustCurrent(purpose string) dataKey {
	k := r.state.Load().current(purpose, r.now)
	if k.seal == nil {
		panic("keys: no data key for purpose " + purpose)
	}
	return k
}

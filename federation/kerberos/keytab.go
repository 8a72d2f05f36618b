package kerberos

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// serviceKey is one version of our key.
type serviceKey struct {
	version uint32
	short   bool // the keytab has the version's last 8 bits alone
	key     types.EncryptionKey
}

// is says that a ticket's version is the key's.
func (k serviceKey) is(version uint32) bool {
	return k.version == version || k.short && k.version == version&0xff
}

// aes says that an encryption type is one of AES (RFC 3962, RFC 8009): the only ones that count. Of the others RC4 falls to whoever guesses the password of an
// account, and DES to anybody (RFC 8429, RFC 6649).
func aes(id int32) bool {
	switch id {
	case etypeID.AES128_CTS_HMAC_SHA1_96, etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA256_128, etypeID.AES256_CTS_HMAC_SHA384_192:
		return true
	}
	return false
}

// sized says that a key is as long as its encryption type wants it.
func sized(k types.EncryptionKey) bool {
	e, err := crypto.GetEtype(k.KeyType)
	if err != nil || !aes(k.KeyType) {
		return false
	}
	want := e.GetKeyByteSize()
	if k.KeyType == etypeID.AES256_CTS_HMAC_SHA384_192 {
		want = 32 // the library says how long its derived keys are
	}
	return len(k.KeyValue) == want
}

// Bounds of keytabs.
const (
	maxKeytab = 32 << 10 // bytes
	maxKeys   = 64       // of one service
)

// keys reads those of a keytab that are ours. gokrb5's reader puts the file into its errors.
func (s service) keys(text string) ([]serviceKey, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(raw) > maxKeytab {
		return nil, errs.New(errs.Invalid, "keytab is a file of at most 32 KiB, in base64 (base64 -w0 http.keytab).")
	}
	all, ok := readKeytab(raw)
	if !ok {
		return nil, errs.New(errs.Invalid, "keytab is no keytab of version 2, such as ktutil, kadmin and ktpass make.")
	}
	var ours []serviceKey
	named := false
	for _, e := range all {
		if !s.is(e.name, e.realm) {
			continue
		}
		if named = true; sized(e.key) {
			ours = append(ours, serviceKey{e.version, e.short, e.key})
		}
	}
	switch {
	case !named:
		return nil, errs.New(errs.Invalid, "keytab has no key of "+strings.Join(s.name, "/")+"@"+s.realm+".")
	case len(ours) == 0:
		return nil, errs.New(errs.Invalid, "keytab has no AES key of this service: RC4 and DES do not count. Make AES keys (ktpass -crypto AES256-SHA1, or ktadd with the default).")
	case len(ours) > maxKeys:
		return nil, errs.New(errs.Invalid, "keytab has more keys of this service than are ever in use.")
	}
	slices.SortStableFunc(ours, func(a, b serviceKey) int { return cmp.Compare(b.version, a.version) }) // the newest first
	return ours, nil
}

// keytabEntry is one of a keytab's.
type keytabEntry struct {
	name    []string
	realm   string
	version uint32
	short   bool
	key     types.EncryptionKey
}

// readKeytab reads the format of MIT Kerberos, version 2: entries after their lengths, and holes of negative length.
func readKeytab(raw []byte) (out []keytabEntry, ok bool) {
	if len(raw) < 2 || raw[0] != 5 || raw[1] != 2 {
		return nil, false
	}
	r := reader{raw[2:], true}
	for r.ok && len(r.rest) > 0 {
		size := int32(r.number(4)) //nolint:gosec // G115: two's complement
		if size < 0 {
			r.take(-int(size))
			continue
		}
		body := reader{r.take(int(size)), true}
		e := body.entry()
		if !r.ok || !body.ok || size == 0 {
			return nil, false
		}
		out = append(out, e)
	}
	return out, r.ok
}

// reader goes through bytes; ok is false once there were too few.
type reader struct {
	rest []byte
	ok   bool
}

func (r *reader) take(n int) []byte {
	if !r.ok || n < 0 || n > len(r.rest) {
		r.ok, r.rest = false, nil
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// number is big-endian, of 1, 2 or 4 bytes.
func (r *reader) number(size int) uint32 {
	var b [4]byte
	copy(b[4-size:], r.take(size))
	return binary.BigEndian.Uint32(b[:])
}

func (r *reader) text() string { return string(r.take(int(r.number(2)))) }

func (r *reader) entry() (e keytabEntry) {
	parts := r.number(2)
	e.realm = r.text()
	for range parts {
		if !r.ok {
			return e
		}
		e.name = append(e.name, r.text())
	}
	r.take(4 + 4) // name type and time
	e.version, e.short = r.number(1), true
	e.key.KeyType = int32(r.number(2)) //nolint:gosec // G115: of 16 bits
	e.key.KeyValue = []byte(r.text())
	if r.ok && len(r.rest) >= 4 { // all 32 bits of the version, which the byte above has the last 8 of
		if v := r.number(4); v != 0 {
			e.version, e.short = v, false
		}
	}
	return e
}

package core

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// opaqueBox seals access tokens into handles: issuing one writes nothing, reading one needs only our key.
type opaqueBox struct {
	ring   Ring
	tenant storage.ID
	ready  sync.Map // key version → *seal.Key
}

// Versions of a handle's content. The second is the first with fields behind it, each a tag, a length and that many bytes; a handle that needs none
// is written as the first. An unknown tag makes a handle worthless: it may be a restriction.
const (
	opaqueVersion       = 1
	opaqueVersionFields = 2
)

// Tags of the fields of a handle.
const (
	fieldJKT       = 1
	fieldX5T       = 2
	fieldDetails   = 3
	fieldAct       = 4
	fieldActGrant  = 5
	fieldExchanged = 6
)

func (o *opaqueBox) aad() []byte { return append([]byte("jedan access token\x00"), o.tenant[:]...) }

func (o *opaqueBox) key(version int) (*seal.Key, bool) {
	if k, ok := o.ready.Load(version); ok {
		return k.(*seal.Key), true
	}
	raw, ok := o.ring.Version(keys.Opaque, version)
	if !ok {
		return nil, false
	}
	k, err := seal.NewKey(version, raw)
	if err != nil {
		return nil, false
	}
	o.ready.Store(version, k)
	return k, true
}

func (o *opaqueBox) seal(a *AccessToken) string {
	version, _ := o.ring.Current(keys.Opaque)
	k, _ := o.key(version) // the current version is always there
	sealed := k.SealBytes(o.aad(), packAccess(a))
	out := make([]byte, len(PrefixAccess)+base64.RawURLEncoding.EncodedLen(len(sealed)))
	copy(out, PrefixAccess)
	base64.RawURLEncoding.Encode(out[len(PrefixAccess):], sealed)
	return string(out)
}

func (o *opaqueBox) open(token string) (*AccessToken, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token[len(PrefixAccess):])
	if err != nil || len(sealed) < 3 {
		return nil, InvalidToken("a handle of ours", "another text")
	}
	k, ok := o.key(int(binary.BigEndian.Uint16(sealed[1:3])))
	if !ok {
		return nil, InvalidToken("a known key version", "another")
	}
	plain, err := k.OpenBytes(o.aad(), sealed)
	if err != nil {
		return nil, InvalidToken("a handle of ours", "a forged or broken one")
	}
	a, err := unpackAccess(plain)
	if err != nil {
		return nil, InvalidToken("a complete handle", "an incomplete one")
	}
	return a, nil
}

func packAccess(a *AccessToken) []byte {
	b := make([]byte, 0, 256)
	b = append(b, opaqueVersion)
	for _, id := range []storage.ID{a.ID, a.Client, a.Grant, a.Session} {
		b = append(b, id[:]...)
	}
	for _, t := range []time.Time{a.IssuedAt, a.ExpiresAt, a.AuthTime} {
		b = binary.AppendVarint(b, t.Unix())
	}
	for _, s := range []string{a.Subject, a.ClientID, a.ACR, a.Scope(), strings.Join(a.Audience, " ")} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return packFields(b, a)
}

// packFields adds what few handles have, and raises the version if there is any.
func packFields(b []byte, a *AccessToken) []byte {
	for _, f := range [...]struct {
		tag  byte
		text string
	}{
		{fieldJKT, a.Cnf.JKT}, {fieldX5T, a.Cnf.X5T}, {fieldDetails, a.Details}, {fieldAct, a.Act}, {fieldActGrant, idText(a.ActGrant)},
		{fieldExchanged, flagText(a.Exchanged)},
	} {
		if f.text == "" {
			continue
		}
		b[0] = opaqueVersionFields
		b = append(b, f.tag)
		b = binary.AppendUvarint(b, uint64(len(f.text)))
		b = append(b, f.text...)
	}
	return b
}

func unpackFields(b []byte, a *AccessToken) error {
	if len(b) == 0 {
		return errors.New("core: truncated handle")
	}
	for len(b) > 0 {
		tag := b[0]
		l, n := binary.Uvarint(b[1:])
		if n <= 0 || l > uint64(len(b)-1-n) {
			return errors.New("core: truncated handle")
		}
		text := string(b[1+n : 1+n+int(l)])
		b = b[1+n+int(l):]
		if err := unpackField(a, tag, text); err != nil {
			return err
		}
	}
	return nil
}

func unpackField(a *AccessToken, tag byte, text string) (err error) {
	switch tag {
	case fieldJKT:
		a.Cnf.JKT = text
	case fieldX5T:
		a.Cnf.X5T = text
	case fieldDetails:
		a.Details = text
	case fieldAct:
		a.Act = text
	case fieldActGrant:
		a.ActGrant, err = storage.ParseID(text)
	case fieldExchanged:
		a.Exchanged = true
	default:
		err = errors.New("core: unknown field of a handle")
	}
	return err
}

func idText(id storage.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func flagText(f bool) string {
	if f {
		return "1"
	}
	return ""
}

func unpackAccess(b []byte) (*AccessToken, error) {
	if len(b) < 65 || (b[0] != opaqueVersion && b[0] != opaqueVersionFields) {
		return nil, errors.New("core: unknown handle version")
	}
	version := b[0]
	a := &AccessToken{Opaque: true, ID: storage.ID(b[1:17]), Client: storage.ID(b[17:33]), Grant: storage.ID(b[33:49]), Session: storage.ID(b[49:65])}
	b = b[65:]
	for _, t := range []*time.Time{&a.IssuedAt, &a.ExpiresAt, &a.AuthTime} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return nil, errors.New("core: truncated handle")
		}
		*t, b = time.Unix(v, 0).UTC(), b[n:]
	}
	var scope, aud string
	for _, s := range []*string{&a.Subject, &a.ClientID, &a.ACR, &scope, &aud} {
		l, n := binary.Uvarint(b)
		if n <= 0 || l > uint64(len(b)-n) {
			return nil, errors.New("core: truncated handle")
		}
		*s, b = string(b[n:n+int(l)]), b[n+int(l):]
	}
	a.Scopes, a.Audience = strings.Fields(scope), strings.Fields(aud)
	if version == opaqueVersion {
		return a, nil
	}
	return a, unpackFields(b, a)
}

package storage

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// ID is a time-ordered 16-byte key (UUIDv7, RFC 9562 section 5.7). The zero value means "none".
type ID [16]byte

// NewID returns a fresh UUIDv7 for the given time. What is made in one process, one after the other, is so ordered, too: twelve bits after the millisecond are its
// fraction (RFC 9562 section 6.2, method 3). The other 62 are random, which makes ids unique and no secrets.
func NewID(now time.Time) ID {
	var id ID
	_, _ = rand.Read(id[8:]) // never fails since Go 1.24: it crashes the process instead
	const fractions = 1 << 12
	binary.BigEndian.PutUint16(id[6:8], uint16(now.Nanosecond()%1e6*fractions/1e6)) //nolint:gosec // below 4096
	ms := uint64(now.UnixMilli())
	binary.BigEndian.PutUint16(id[0:2], uint16(ms>>32))
	binary.BigEndian.PutUint32(id[2:6], uint32(ms))
	id[6] |= 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the canonical textual form of RFC 9562; anything else is an error.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, errors.New("not an id")
	}
	compact := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(compact)); err != nil {
		return ID{}, errors.New("not an id")
	}
	return id, nil
}

// String returns the canonical textual form of RFC 9562.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// IsZero reports whether the id is "none".
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText implements encoding.TextMarshaler; the zero id is the empty text.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Value implements driver.Valuer: sixteen bytes, or NULL for the zero id.
func (id ID) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil
	}
	return id[:], nil
}

// Scan implements sql.Scanner for blob and bytea columns.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			return nil
		}
	}
	return fmt.Errorf("storage: cannot read an id from %T", src)
}

// GormDataType names the abstract column type for gorm without importing it.
func (ID) GormDataType() string { return "bytes" }

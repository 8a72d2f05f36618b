package seal

import (
	"database/sql/driver"
	"errors"
	"fmt"
)

// Text is ciphertext in a column. It has no constructor from a string: only Key.Seal makes one, and only Key.Open reads it. It prints as
// "[sealed]". The zero value is NULL.
type Text struct{ c []byte }

// IsZero reports whether nothing is sealed here.
func (t Text) IsZero() bool { return len(t.c) == 0 }

// KeyVersion is the version of the key that sealed the value; 0 for NULL.
func (t Text) KeyVersion() int {
	v, _ := BytesVersion(t.c)
	return v
}

// String never shows what is sealed.
func (Text) String() string { return "[sealed]" }

// GoString never shows what is sealed.
func (Text) GoString() string { return "[sealed]" }

// Format never shows what is sealed, whatever the verb.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[sealed]")) }

// MarshalJSON never shows what is sealed.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"[sealed]"`), nil }

// Value implements driver.Valuer.
func (t Text) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.c, nil
}

// Scan implements sql.Scanner. It checks the format, not the key.
func (t *Text) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		t.c = nil
		return nil
	case []byte:
		if _, ok := BytesVersion(v); !ok {
			return errors.New("seal: not a sealed value")
		}
		t.c = append([]byte(nil), v...)
		return nil
	}
	return fmt.Errorf("seal: cannot read a sealed value from %T", src)
}

// GormDataType names the abstract column type for gorm without importing it.
func (Text) GormDataType() string { return "bytes" }

// Len is how many bytes the ciphertext has.
func (t Text) Len() int { return len(t.c) }

package storage

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
)

// Strings is an ordered list kept as one JSON array column. A nil list is stored as an empty array.
type Strings []string

// Has reports whether the list contains s.
func (l Strings) Has(s string) bool { return slices.Contains(l, s) }

// Value implements driver.Valuer.
func (l Strings) Value() (driver.Value, error) {
	if l == nil {
		return "[]", nil
	}
	return encodeColumn([]string(l))
}

// Scan implements sql.Scanner.
func (l *Strings) Scan(src any) error { return decodeColumn(src, (*[]string)(l)) }

// GormDataType names the abstract column type for gorm without importing it.
func (Strings) GormDataType() string { return "string" }

func encodeColumn(v any) (driver.Value, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func decodeColumn(src, dst any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, dst)
	case string:
		return json.Unmarshal([]byte(v), dst)
	}
	return fmt.Errorf("storage: cannot read JSON from %T", src)
}

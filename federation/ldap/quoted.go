package ldap

import (
	"encoding/binary"
	"unicode/utf16"
)

// quoted is a password as unicodePwd takes it: in quotation marks, in UTF-16LE (MS-ADTS section 3.1.1.3.1.5).
func quoted(password string) string {
	units := utf16.Encode([]rune(`"` + password + `"`))
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return string(out)
}

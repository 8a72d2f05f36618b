package challenge

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
)

// solved says that answer has for each piece a number whose hash after the nonce begins with enough zero bits (web/assets/challenge.js finds them).
func (t *token) solved(answer string) bool {
	numbers := strings.Split(answer, ".")
	if len(answer) > 256 || len(numbers) != t.pieces || t.pieces < 1 || t.bits < 1 || t.bits > 32 {
		return false
	}
	for i, n := range numbers {
		v, err := strconv.ParseUint(n, 10, 52)
		if err != nil || strconv.FormatUint(v, 10) != n {
			return false
		}
		sum := sha256.Sum256([]byte(t.text() + ":" + strconv.Itoa(i) + ":" + n))
		if binary.BigEndian.Uint32(sum[:])>>(32-t.bits) != 0 {
			return false
		}
	}
	return true
}

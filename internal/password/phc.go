package password

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

const (
	saltSize = 16
	hashSize = 32
	maxPHC   = 256 // bytes; the longest that the bounds below allow is shorter
)

// errPHC is every reason not to use a stored hash. It never quotes the hash.
var errPHC = errors.New("password: stored hash is malformed or its cost is out of bounds")

// stored is a parsed argon2id PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
type stored struct {
	params     Params
	salt, hash []byte
}

// CheckHash reports whether a stored hash made elsewhere may be used: argon2id version 1.3 in PHC form, in canonical spelling and within bounds.
// Importers call it before they keep one; Verify checks again.
func CheckHash(phc string) error {
	_, err := parsePHC(phc)
	return err
}

func parsePHC(phc string) (stored, error) {
	fields := strings.Split(phc, "$")
	if len(phc) > maxPHC || len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v=19" {
		return stored{}, errPHC
	}
	p, ok := parseParams(fields[3])
	if !ok || !p.inBounds() {
		return stored{}, errPHC
	}
	salt, saltOK := decode(fields[4], 8, 64)
	hash, hashOK := decode(fields[5], 16, 64)
	if !saltOK || !hashOK {
		return stored{}, errPHC
	}
	return stored{params: p, salt: salt, hash: hash}, nil
}

// parseParams reads "m=…,t=…,p=…" in that order, without signs or leading zeros.
func parseParams(s string) (Params, bool) {
	fields := strings.Split(s, ",")
	if len(fields) != 3 {
		return Params{}, false
	}
	m, mOK := number(fields[0], "m=", 32)
	t, tOK := number(fields[1], "t=", 32)
	p, pOK := number(fields[2], "p=", 8)
	return Params{MemoryKiB: uint32(m), Iterations: uint32(t), Parallelism: uint8(p)}, mOK && tOK && pOK
}

func number(s, prefix string, bits int) (uint64, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	return n, err == nil
}

func decode(s string, least, most int) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") { // the decoder would skip them
		return nil, false
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(s)
	return b, err == nil && len(b) >= least && len(b) <= most
}

// encode is the PHC string.
func (s stored) encode() string {
	b64 := base64.RawStdEncoding
	return "$argon2id$v=19$m=" + strconv.FormatUint(uint64(s.params.MemoryKiB), 10) +
		",t=" + strconv.FormatUint(uint64(s.params.Iterations), 10) +
		",p=" + strconv.FormatUint(uint64(s.params.Parallelism), 10) +
		"$" + b64.EncodeToString(s.salt) + "$" + b64.EncodeToString(s.hash)
}

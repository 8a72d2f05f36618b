package keys

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

const (
	maxClaims = 64 << 10
	// maxDate is the end of the year 9999: a later date is a mistake or an attack, and overflows elsewhere.
	maxDate = 253402300799
)

// DecodeClaims reads the payload of a JWT (RFC 7519 section 4): one JSON object of at most 64 KiB, 16 levels deep, in valid UTF-8, without duplicate
// member names at any level; numbers are json.Number and finite as float64. exp, nbf and iat, if present, must be numbers from 0 to the year 9999.
func DecodeClaims(raw []byte) (map[string]any, error) {
	claims, err := decodeObject(raw, maxClaims)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if _, present := claims[name]; !present {
			continue
		}
		if _, ok := NumericDate(claims[name]); !ok {
			return nil, errs.New(errs.Invalid, "The claim "+name+" is not a date.")
		}
	}
	return claims, nil
}

// NumericDate reads a claim of DecodeClaims as RFC 7519's NumericDate: seconds since 1970, fractions allowed; false if it is none.
func NumericDate(claim any) (time.Time, bool) {
	n, ok := claim.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(string(n), 64)
	if err != nil || seconds < 0 || seconds > maxDate {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), true
}

package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

const (
	maxClaims = 64 << 10
	maxDepth  = 16
	maxNumber = 64 // characters
	// maxDate is the end of the year 9999: a later date is a mistake or an attack, and overflows elsewhere.
	maxDate = 253402300799
)

var errJSON = errs.New(errs.Invalid, "The token does not hold a well-formed JSON object.")

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

// decodeObject reads exactly one strict JSON object.
func decodeObject(raw []byte, limit int) (map[string]any, error) {
	if len(raw) > limit {
		return nil, errs.New(errs.Invalid, "The JSON object is too large.")
	}
	if !utf8.Valid(raw) {
		return nil, errJSON
	}
	d := decoder{json.NewDecoder(bytes.NewReader(raw))}
	d.UseNumber()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errJSON
	}
	return object, nil
}

// decoder builds values from tokens, so that depth and names are judged before anything is kept.
type decoder struct{ *json.Decoder }

func (d decoder) value(depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, errJSON
	}
	switch t := t.(type) {
	case json.Delim:
		if depth >= maxDepth {
			return nil, errs.New(errs.Invalid, "The JSON object is nested too deeply.")
		}
		switch t {
		case '{':
			return d.object(depth + 1)
		case '[':
			return d.array(depth + 1)
		}
		return nil, errJSON
	case json.Number:
		if _, err := strconv.ParseFloat(string(t), 64); err != nil || len(t) > maxNumber {
			return nil, errs.New(errs.Invalid, "A number is out of range.")
		}
	}
	return t, nil
}

func (d decoder) object(depth int) (any, error) {
	out := make(map[string]any)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, errJSON
		}
		name, ok := t.(string)
		if !ok {
			return nil, errJSON
		}
		if _, twice := out[name]; twice {
			return nil, errs.New(errs.Invalid, "A member name stands twice.")
		}
		if out[name], err = d.value(depth); err != nil {
			return nil, err
		}
	}
	return out, d.end()
}

func (d decoder) array(depth int) (any, error) {
	out := []any{}
	for d.More() {
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, d.end()
}

func (d decoder) end() error {
	if _, err := d.Token(); err != nil {
		return errJSON
	}
	return nil
}

package keys

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

const (
	maxDepth  = 16
	maxNumber = 64 // characters
)

// decodeObject reads exactly one JSON object (RFC 8259) and what encoding/json would make of it with UseNumber, but refuses what that package lets
// pass: duplicate names, invalid UTF-8, deep nesting, and numbers that are no float64. FuzzDecodeClaims holds the two against each other.
func decodeObject(raw []byte, limit int) (map[string]any, error) {
	if len(raw) > limit {
		return nil, errs.New(errs.Invalid, "The JSON object is too large.")
	}
	if !utf8.Valid(raw) {
		return nil, malformed()
	}
	p := &parser{b: raw}
	if p.space(); p.peek() != '{' {
		return nil, malformed()
	}
	object, err := p.object(1)
	if err != nil {
		return nil, err
	}
	if p.space(); p.i != len(raw) {
		return nil, malformed()
	}
	return object, nil
}

func malformed() error { return errs.New(errs.Invalid, "This is not a well-formed JSON object.") }

// parser reads JSON by recursive descent; the depth is bounded before it descends.
type parser struct {
	b []byte
	i int
}

// peek is the next byte; 0, which no JSON text has outside strings, at the end.
func (p *parser) peek() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *parser) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t' || p.b[p.i] == '\n' || p.b[p.i] == '\r') {
		p.i++
	}
}

// accept skips c, and white space on both sides of it, if c comes next.
func (p *parser) accept(c byte) bool {
	if p.space(); p.peek() != c {
		return false
	}
	p.i++
	p.space()
	return true
}

func (p *parser) value(depth int) (any, error) {
	switch c := p.peek(); {
	case c == '"':
		return p.text()
	case c == '{' || c == '[':
		if depth >= maxDepth {
			return nil, errs.New(errs.Invalid, "The JSON object is nested too deeply.")
		}
		if c == '{' {
			return p.object(depth + 1)
		}
		return p.array(depth + 1)
	case c == '-' || isDigit(c):
		return p.number()
	}
	switch rest := p.b[p.i:]; {
	case bytes.HasPrefix(rest, []byte("true")):
		p.i += len("true")
		return true, nil
	case bytes.HasPrefix(rest, []byte("false")):
		p.i += len("false")
		return false, nil
	case bytes.HasPrefix(rest, []byte("null")):
		p.i += len("null")
		return nil, nil // the value null
	}
	return nil, malformed()
}

func (p *parser) object(depth int) (map[string]any, error) {
	out := make(map[string]any)
	p.accept('{')
	if p.accept('}') {
		return out, nil
	}
	for {
		if p.peek() != '"' {
			return nil, malformed()
		}
		name, err := p.text()
		if err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice {
			return nil, errs.New(errs.Invalid, "A member name stands twice.")
		}
		if !p.accept(':') {
			return nil, malformed()
		}
		if out[name], err = p.value(depth); err != nil {
			return nil, err
		}
		if p.accept('}') {
			return out, nil
		}
		if !p.accept(',') {
			return nil, malformed()
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	out := []any{}
	p.accept('[')
	if p.accept(']') {
		return out, nil
	}
	for {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if p.accept(']') {
			return out, nil
		}
		if !p.accept(',') {
			return nil, malformed()
		}
	}
}

// text reads a string. One with escapes is left to encoding/json.
func (p *parser) text() (string, error) {
	start, escaped := p.i, false
	for p.i++; ; p.i++ {
		switch c := p.peek(); {
		case c == '"':
			p.i++
			if escaped {
				var s string
				if err := json.Unmarshal(p.b[start:p.i], &s); err != nil {
					return "", malformed()
				}
				return s, nil
			}
			return string(p.b[start+1 : p.i-1]), nil
		case c == '\\':
			escaped = true
			p.i++ // whatever is escaped, a quote too
		case c < ' ':
			return "", malformed() // a control character, or the end
		}
	}
}

// number reads -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?.
func (p *parser) number() (any, error) {
	start := p.i
	if p.peek() == '-' {
		p.i++
	}
	leadingZero := p.peek() == '0'
	whole := p.digits()
	ok := whole == 1 || whole > 1 && !leadingZero
	if p.peek() == '.' {
		p.i++
		ok = p.digits() > 0 && ok
	}
	exponent := p.peek()|0x20 == 'e'
	if exponent {
		if p.i++; p.peek() == '+' || p.peek() == '-' {
			p.i++
		}
		ok = p.digits() > 0 && ok
	}
	if !ok {
		return nil, malformed()
	}
	s := string(p.b[start:min(p.i, start+maxNumber+1)])
	if len(s) > maxNumber {
		return nil, errs.New(errs.Invalid, "A number is too long.")
	}
	if exponent { // without one, 64 digits always fit
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return nil, errs.New(errs.Invalid, "A number is out of range.")
		}
	}
	return json.Number(s), nil
}

// digits skips decimal digits and returns how many there were.
func (p *parser) digits() int {
	start := p.i
	for isDigit(p.peek()) {
		p.i++
	}
	return p.i - start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

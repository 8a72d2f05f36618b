package attributes

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/directory"
)

// Check returns an attribute's value in its canonical type (string, float64 or bool, as JSON has them), or says what is wrong with it. ok is false for what
// is no attribute.
func (s *Set) Check(name string, value any) (canonical any, problem string, ok bool) {
	a, ok := s.Find(name)
	if !ok {
		return nil, "", false
	}
	switch a.kind() {
	case Integer:
		canonical, problem = a.integer(value)
	case Boolean:
		if b, is := value.(bool); is {
			return b, "", true
		}
		problem = "must be true or false"
	default:
		canonical, problem = s.text(a, value)
	}
	return canonical, problem, true
}

func (a Attribute) integer(value any) (any, string) {
	least, greatest := a.bounds()
	n, ok := number(value)
	if !ok || n != math.Trunc(n) || n < float64(least) || n > float64(greatest) {
		return nil, fmt.Sprintf("must be an integer from %d to %d", least, greatest)
	}
	return n, ""
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case json.Number: // of a file
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

func (s *Set) text(a Attribute, value any) (any, string) {
	t, ok := value.(string)
	if !ok || !directory.Line(t) || strings.TrimSpace(t) == "" || len(t) > mostText*utf8.UTFMax {
		return nil, "must be text of one line"
	}
	switch a.kind() {
	case Date:
		if _, err := time.Parse(time.DateOnly, t); err != nil {
			return nil, "must be a date as YYYY-MM-DD"
		}
	case URL:
		if !directory.WebURL(t) {
			return nil, "must be an http or https URL"
		}
	case Choice:
		if !slices.Contains(a.Choices, t) {
			return nil, "must be one of the choices"
		}
	default:
		return s.free(a, t)
	}
	return t, ""
}

func (s *Set) free(a Attribute, t string) (any, string) {
	least, greatest := a.bounds()
	if n := int64(utf8.RuneCountInString(t)); n < least || n > greatest {
		return nil, fmt.Sprintf("must have %d to %d characters", least, greatest)
	}
	if p := s.patterns[a.Name]; p != nil && !p.MatchString(t) {
		return nil, "does not have the form that is asked for"
	}
	return t, ""
}

// Parse reads what a form or a flag says: the value as Check wants it, nil for nothing.
func (s *Set) Parse(name, text string) (value any, problem string) {
	a, ok := s.Find(name)
	if text = strings.TrimSpace(text); !ok || text == "" {
		return nil, missing(a)
	}
	var in any = text
	switch a.kind() {
	case Integer:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < -exact || n > exact {
			return nil, "must be an integer"
		}
		in = float64(n)
	case Boolean:
		if text != "true" && text != "false" {
			return nil, "must be true or false"
		}
		in = text == "true"
	}
	value, problem, _ = s.Check(name, in)
	return value, problem
}

// missing is what is wrong with no value.
func missing(a Attribute) string {
	if a.Required {
		return "is needed"
	}
	return ""
}

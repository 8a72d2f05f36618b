package core

import (
	"encoding/json"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// claimReader reads members of verified claims and remembers whether any had the wrong type. An absent member is the zero value.
type claimReader struct {
	m   map[string]any
	bad bool
}

func (c *claimReader) text(name string) string {
	v, ok := c.m[name]
	if !ok {
		return ""
	}
	s, ok := v.(string)
	c.bad = c.bad || !ok
	return s
}

func (c *claimReader) id(name string) storage.ID {
	s := c.text(name)
	if s == "" {
		return storage.ID{}
	}
	id, err := storage.ParseID(s)
	c.bad = c.bad || err != nil
	return id
}

func (c *claimReader) time(name string) time.Time {
	v, ok := c.m[name]
	if !ok {
		return time.Time{}
	}
	n, ok := v.(json.Number)
	if !ok {
		c.bad = true
		return time.Time{}
	}
	f, err := n.Float64()
	if err != nil || f < 0 || f > 1<<40 {
		c.bad = true
		return time.Time{}
	}
	return time.Unix(int64(f), 0).UTC()
}

// list reads a string or an array of strings.
func (c *claimReader) list(name string) []string {
	switch v := c.m[name].(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			s, ok := e.(string)
			c.bad = c.bad || !ok
			out = append(out, s)
		}
		return out
	}
	c.bad = true
	return nil
}

// cnf reads the keys that a token is bound to; an unknown way of binding is bad.
func (c *claimReader) cnf(name string) Binding {
	v, ok := c.m[name]
	if !ok {
		return Binding{}
	}
	m, _ := v.(map[string]any)
	b, ok := readCnf(m)
	c.bad = c.bad || !ok
	return b
}

// flag reads true or false.
func (c *claimReader) flag(name string) bool {
	v, ok := c.m[name]
	if !ok {
		return false
	}
	b, ok := v.(bool)
	c.bad = c.bad || !ok
	return b
}

// object reads an object; nil if there is none.
func (c *claimReader) object(name string) map[string]any {
	v, ok := c.m[name]
	if !ok {
		return nil
	}
	m, ok := v.(map[string]any)
	c.bad = c.bad || !ok
	return m
}

// details reads authorization_details as canonical JSON.
func (c *claimReader) details(name string) string {
	v, ok := c.m[name]
	if !ok {
		return ""
	}
	_, isList := v.([]any)
	return c.canonical(v, isList)
}

// act reads an object as canonical JSON.
func (c *claimReader) act(name string) string {
	v, ok := c.m[name]
	if !ok {
		return ""
	}
	_, isObject := v.(map[string]any)
	return c.canonical(v, isObject)
}

func (c *claimReader) canonical(v any, fits bool) string {
	b, err := json.Marshal(v)
	c.bad = c.bad || !fits || err != nil
	return string(b)
}

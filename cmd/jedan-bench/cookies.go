package main

import (
	"bytes"
	"strings"
)

// cookieJar holds the cookies of one browser by name.
type cookieJar map[string]string

// setCookies adds the cookies that the last answer set.
func (w *wire) setCookies(j cookieJar) cookieJar {
	if j == nil {
		j = cookieJar{}
	}
	for line := range bytes.Lines(w.head) {
		if v, ok := bytes.CutPrefix(line, []byte("Set-Cookie: ")); ok {
			pair, _, _ := strings.Cut(string(bytes.TrimSpace(v)), ";")
			name, value, _ := strings.Cut(pair, "=")
			j[name] = value
		}
	}
	return j
}

// line is the Cookie header.
func (j cookieJar) line() string {
	var parts []string
	for name, value := range j {
		parts = append(parts, name+"="+value)
	}
	return strings.Join(parts, "; ")
}

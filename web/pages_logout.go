package web

import (
	"errors"
	"html"
	"html/template"
	"strconv"
)

var errNoFrame = errors.New("web: a page that leads on needs addresses that may stand in a policy")

// leaveAfter is how many seconds frames have where there are no scripts; leaving.js goes on as soon as they are loaded.
const leaveAfter = 5

// LeavingPage says that the session has ended while the applications that were part of it hear of it, each in a frame of its own (OpenID Connect
// Front-Channel Logout). Then it goes on to Next, with or without scripts.
type LeavingPage struct {
	Lang       string
	ClientName string
	Frames     []string // registered https URLs, with what was added to them
	Next       string   // the registered post-logout redirect URI, or "": the page stays
}

func (p LeavingPage) spec() spec {
	s := spec{template: "leaving", lang: p.Lang, title: msg("logged_out.title"), client: p.ClientName, script: "leaving.js"}
	if p.Next != "" && FormActionSource(p.Next) == "" {
		s.err = errNoFrame
	}
	for _, f := range p.Frames {
		source := exactSource(f)
		if source == "" {
			s.err = errNoFrame
		}
		s.frames = append(s.frames, source)
	}
	return s
}

// Refresh is the content attribute that goes on without scripts; html/template would not write an address there.
func (p LeavingPage) Refresh() template.HTMLAttr {
	after := leaveAfter
	if len(p.Frames) == 0 {
		after = 0
	}
	return template.HTMLAttr(`content="` + strconv.Itoa(after) + ";url=" + html.EscapeString(p.Next) + `"`) //nolint:gosec // G203: escaped, a registered URI
}

// NextAttr is the link's href, byte for byte: a private-use scheme is an application's own.
func (p LeavingPage) NextAttr() template.HTMLAttr {
	return template.HTMLAttr(`href="` + html.EscapeString(p.Next) + `"`) //nolint:gosec // G203: escaped, a registered URI
}

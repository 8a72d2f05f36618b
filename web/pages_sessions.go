package web

import (
	"strconv"
	"time"
)

// SessionRow is one browser in which a person is signed in.
type SessionRow struct {
	ID         string // value of the field session
	Browser    string // "Firefox"; "" if unknown
	System     string // "Windows"; "" if unknown
	Address    string // at sign-in; "" if unknown
	Place      string // "Zagreb, Croatia"; "" if unknown
	SignedInAt time.Time
	SeenAt     time.Time
	This       bool // the browser that asks
}

// SessionsPage lists where a person is signed in: POST {base}/account/sessions with csrf, and session={ID} or all=1, with it grants=1.
type SessionsPage struct {
	Lang  string
	CSRF  string
	Ended bool // one has just been ended
	Rows  []SessionRow
	// Trusted is how many browsers stand in for a second factor: POST distrust=1 and csrf ends that.
	Trusted int
}

func (p SessionsPage) spec() spec {
	return spec{template: "sessions", lang: p.Lang, title: msg("sessions.title"), self: "/account/sessions", section: "sessions"}
}

// TrustedSaid says how many browsers are trusted.
func (p SessionsPage) TrustedSaid(v *view) string {
	return v.T("sessions.trusted.lead", "n", strconv.Itoa(p.Trusted))
}

// Device says browser and system in words.
func (r SessionRow) Device(v *view) string {
	switch {
	case r.Browser != "" && r.System != "":
		return v.T("sessions.device", "browser", r.Browser, "system", r.System)
	case r.Browser+r.System != "":
		return r.Browser + r.System
	}
	return v.T("sessions.unknown")
}

// EverywherePage says that a person is signed out in every browser.
type EverywherePage struct {
	Lang string
	Apps bool // and that no app has access any more
}

func (p EverywherePage) spec() spec {
	return spec{template: "everywhere", lang: p.Lang, title: msg("everywhere.title")}
}

package web

import (
	"strconv"
	"time"
)

// ActivityRow is something that a person did, or that was done to their account.
type ActivityRow struct {
	Type       string // of the event; activity.{type} in the catalogue says it in words
	ClientName string // the app that it is about, or ""
	Count      int    // how often, for sums; 0: once
	Failed     bool
	ByOther    bool // an administrator or the system did it
	Browser    string
	System     string
	Address    string
	Place      string
	At         time.Time
}

// ActivityPage lists what happened to an account, the newest first: {base}/account/activity?before={Older} goes on.
type ActivityPage struct {
	Lang  string
	Rows  []ActivityRow
	Older string // id of the last row, when there are older ones
	Later bool   // this is not the newest page
}

func (p ActivityPage) spec() spec {
	return spec{template: "activity", lang: p.Lang, title: msg("activity.title"), self: "/account/activity", section: "activity"}
}

// What says the event in words. An event that has none yet is named as the audit log names it.
func (r ActivityRow) What(v *view) string {
	key := "activity." + r.Type
	if r.Failed && v.Has(key+".failed") {
		key += ".failed"
	}
	if !v.Has(key) {
		return v.T("activity.other", "type", r.Type)
	}
	client := r.ClientName
	if client == "" {
		client = v.T("activity.app")
	}
	return v.T(key, "client", client, "n", strconv.Itoa(max(r.Count, 1)))
}

// Device says browser and system, "" when both are unknown.
func (r ActivityRow) Device(v *view) string {
	if r.Browser == "" && r.System == "" {
		return ""
	}
	return SessionRow{Browser: r.Browser, System: r.System}.Device(v)
}

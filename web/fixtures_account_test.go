package web

import (
	"net/http"
	"time"
)

// accountStates are the pages of an account, but for those that stand with their feature.
func accountStates(lang string) []state {
	ok := http.StatusOK
	at := time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC)
	return []state{
		{"sessions", ok, SessionsPage{Lang: lang, CSRF: "c1", Ended: true, Rows: []SessionRow{
			{ID: "1", Browser: "Firefox", System: "Windows", Address: "192.0.2.7", Place: "near Zagreb, by network", SignedInAt: at, SeenAt: at.Add(time.Hour), This: true},
			{ID: "2", Browser: "Safari", System: "iPhone", Address: "2001:db8:1234:5678:9abc:def0:1234:5678", SignedInAt: at.Add(-48 * time.Hour), SeenAt: at},
			{ID: "3", SignedInAt: at, SeenAt: at},
		}}},
		{"everywhere", ok, EverywherePage{Lang: lang}},
		{"everywhere-apps", ok, EverywherePage{Lang: lang, Apps: true}},
	}
}

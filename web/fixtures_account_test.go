package web

import (
	"net/http"
	"time"
)

// accountStates are the pages of an account, but for those that stand with their feature.
func accountStates(lang string) []state {
	ok := http.StatusOK
	at := time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC)
	profile := ProfilePage{
		Lang: lang, CSRF: "c1", Username: "maria", Email: "maria@example.org", EmailVerified: true, Phone: "+385 91 234 5678",
		Values: map[string]string{"name": "Maria Horvat", "given_name": "Maria", "family_name": "Horvat", "zoneinfo": "Europe/Zagreb", "locale": "hr"},
	}
	saved, wrong, more := profile, profile, profile
	more.Attributes, more.Shown = schema(lang)[:2], schema(lang)[2:]
	more.Values["address.street_address"], more.Values["address.country"] = "Ilica 1", "Hrvatska"
	saved.Saved = true
	wrong.Errors = map[string]string{"picture": FieldProfileURL, "birthdate": FieldProfileDate, "name": FieldProfileText, "zoneinfo": FieldProfileZone, "locale": FieldProfileLocale}
	return []state{
		{"sessions", ok, SessionsPage{Lang: lang, CSRF: "c1", Ended: true, Trusted: 2, Rows: []SessionRow{
			{ID: "1", Browser: "Firefox", System: "Windows", Address: "192.0.2.7", Place: "Zagreb, Croatia", SignedInAt: at, SeenAt: at.Add(time.Hour), This: true},
			{ID: "2", Browser: "Safari", System: "iPhone", Address: "2001:db8:1234:5678:9abc:def0:1234:5678", SignedInAt: at.Add(-48 * time.Hour), SeenAt: at},
			{ID: "3", SignedInAt: at, SeenAt: at},
		}}},
		{"profile", ok, profile},
		{"profile-saved", ok, saved},
		{"profile-attributes", ok, more},
		{"profile-error", http.StatusBadRequest, wrong},
		{"activity", ok, ActivityPage{Lang: lang, Older: "0198", Rows: []ActivityRow{
			{Type: "user.login", Browser: "Firefox", System: "Windows", Address: "192.0.2.7", Place: "Zagreb, Croatia", At: at},
			{Type: "login.failures", Count: 12, Failed: true, At: at}, {Type: "consent.grant", ClientName: "Acme Files", Browser: "Safari", System: "iPhone", At: at},
			{Type: "user.lock", ByOther: true, At: at}, {Type: "moon.rise", At: at},
		}}},
		{"activity-older", ok, ActivityPage{Lang: lang, Later: true, Rows: []ActivityRow{{Type: "user.create", At: at}}}},
		{"activity-empty", ok, ActivityPage{Lang: lang}},
		{"export", ok, ExportPage{Lang: lang, CSRF: "c1"}},
		{"erase", ok, ErasePage{Lang: lang, CSRF: "c1", Identifier: "maria@example.org"}},
		{"erase-error", http.StatusBadRequest, ErasePage{Lang: lang, CSRF: "c1", Identifier: "maria@example.org", Error: FieldEraseConfirm, Grace: 72 * time.Hour}},
		{"erase-last-admin", http.StatusForbidden, ErasePage{Lang: lang, CSRF: "c1", Identifier: "maria@example.org", Error: FieldEraseLastAdmin}},
		{"erase-due", ok, ErasePage{Lang: lang, CSRF: "c1", Due: at}},
		{"erased", ok, ErasedPage{Lang: lang}},
		{"everywhere", ok, EverywherePage{Lang: lang}},
		{"everywhere-apps", ok, EverywherePage{Lang: lang, Apps: true}},
	}
}

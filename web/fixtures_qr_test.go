package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// qrStates are the pages of a sign-in by phone, on both sides.
func qrStates(lang string) []state {
	ok, bad, until := http.StatusOK, http.StatusBadRequest, time.Date(2026, 11, 24, 9, 8, 7, 0, time.UTC)
	login := LoginPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Passkeys: true, ByMail: true, ByPhone: true, Signup: true}
	page := QRPage{Lang: lang, Flow: "f1", CSRF: "c1", ClientName: "Acme Files", Until: until, FormAction: FormActionSource("https://files.acme.example/cb")}
	with := func(change func(*QRPage)) QRPage { p := page; change(&p); return p }
	phone := QRDevice{Browser: "Chrome", System: "Android", Address: "2001:db8:1234:5678:9abc:def0:1234:5678", Place: "HR"}
	ask := QRAskPage{
		Lang: lang, CSRF: "c1", Token: "t1", ClientName: "Acme Files", ClientHost: "files.acme.example", Verified: true, At: until.Add(-3 * time.Minute), Until: until,
		Asks:   QRDevice{Browser: "Firefox", System: "Windows", Address: "192.0.2.7", Place: "HR"},
		Person: "Maria Horvat", PersonIdentifier: "maria@example.org",
	}
	asked := func(change func(*QRAskPage)) QRAskPage { p := ask; change(&p); return p }
	return []state{
		{"login-qr", ok, login},
		{"qr-start", ok, page},
		{"qr-throttled", http.StatusTooManyRequests, with(func(p *QRPage) { p.RetryAfter = 40 * time.Second })},
		{"qr-waits", ok, with(func(p *QRPage) {
			p.Step, p.Link = QRWaits, "https://id.acme.example/account/qr?token="+strings.Repeat("AZaz09-_", 5)+"abc"
		})},
		{"qr-seen", ok, with(func(p *QRPage) { p.Step, p.Number, p.Phone = QRSeen, "47", phone })},
		{"qr-seen-still", ok, with(func(p *QRPage) { p.Step, p.Number, p.Phone, p.Still = QRSeen, "47", phone, true })},
		{"qr-approved", ok, with(func(p *QRPage) { p.Step, p.Phone, p.Person = QRApproved, phone, "maria@example.org" })},
		{"qr-over", http.StatusNotFound, with(func(p *QRPage) { p.Step = QROver })},
		{"qr-ask", ok, ask},
		{"qr-ask-elsewhere", ok, asked(func(p *QRAskPage) {
			p.ClientHost, p.Verified, p.Elsewhere, p.Asks = "", false, QROtherCountry, QRDevice{Address: "2001:db8:1234:5678:9abc:def0:1234:5678", Place: "RO"}
		})},
		{"qr-number", ok, asked(func(p *QRAskPage) { p.Number = true })},
		{"qr-number-error", bad, asked(func(p *QRAskPage) { p.Number, p.Error, p.Elsewhere = true, QRNumberFormat, QROtherNetwork })},
		{"qr-done", ok, QRDonePage{Lang: lang, ClientName: "Acme Files", Outcome: QRAllowed}},
		{"qr-denied", ok, QRDonePage{Lang: lang, ClientName: "Acme Files", Outcome: QRDenied}},
		{"qr-ended", http.StatusNotFound, QRDonePage{Lang: lang, Outcome: QREnded}},
	}
}

// qrKeys are put together from a step or an outcome.
func qrKeys() (keys []string) {
	for _, s := range []QRStep{QRStart, QRWaits, QRSeen, QRApproved, QROver} {
		keys = append(keys, "qr.title."+string(s), "qr.lead."+string(s))
	}
	for _, o := range []QROutcome{QRAllowed, QRDenied, QREnded} {
		keys = append(keys, "qr_done."+string(o), "qr_done."+string(o)+".lead")
	}
	return keys
}

// The number stands on one side only, and the link nowhere but where it is scanned.
func TestQRShowsEachSideItsOwn(t *testing.T) {
	r := newRenderer(t, Options{BasePath: "/x"})
	for _, s := range qrStates("en") {
		body := draw(t, r, "/", s.status, s.page).Body.String()
		if strings.Contains(body, ">47<") != strings.HasPrefix(s.name, "qr-seen") {
			t.Errorf("%s: the number", s.name)
		}
		if strings.Contains(body, `id="qr-link"`) != (s.name == "qr-waits") || strings.Contains(body, "<svg viewBox=\"0 0 4") != (s.name == "qr-waits") {
			t.Errorf("%s: the link", s.name)
		}
	}
}

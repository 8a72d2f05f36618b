package web

import (
	"cmp"
	"html/template"
	"net/url"
	"time"
)

// QRStep is where a sign-in by phone stands, as the browser that asks shows it.
type QRStep string

// Steps of a sign-in by phone.
const (
	QRStart    QRStep = "start"    // nothing waits yet
	QRWaits    QRStep = "waits"    // for somebody who opens the link
	QRSeen     QRStep = "seen"     // somebody has, and is to enter the number
	QRApproved QRStep = "approved" // and did
	QROver     QRStep = "over"     // refused, expired or used: which of them is not said
)

// QRPage is a sign-in by phone in the browser that asks: POST {base}/login/qr with csrf and flow begins one, POST {base}/login/qr/use completes an approved one.
type QRPage struct {
	Lang          string
	Flow          string
	CSRF          string
	ClientName    string
	ClientLogoURI string
	Step          QRStep
	Link          string // what the phone opens, of QRWaits
	Number        string // of QRSeen
	Phone         QRDevice
	Person        string // whom an approved one signs in
	Until         time.Time
	Still         bool          // the page does not look again by itself
	RetryAfter    time.Duration // above zero: the throttled state
	FormAction    string        // see FormActionSource
}

// QRDevice is the device on the other side.
type QRDevice struct {
	Browser string // "Firefox"; "" if unknown
	System  string // "Android"; "" if unknown
	Address string // "" if unknown
	Place   string // "" if unknown
}

// Name says browser and system in words.
func (d QRDevice) Name(v *view) string {
	return SessionRow{Browser: d.Browser, System: d.System}.Device(v)
}

func (p QRPage) spec() spec {
	s := spec{
		template: "qr", lang: p.Lang, title: msg("qr.title." + p.key()), client: p.ClientName, logo: p.ClientLogoURI, action: p.FormAction, wait: p.RetryAfter,
		self: p.Again(),
	}
	_, s.err = qrCode(p.Link)
	return s
}

func (p QRPage) key() string { return string(cmp.Or(p.Step, QRStart)) }

// Lead says what to do, and on which device.
func (p QRPage) Lead(v *view) string { return v.T("qr.lead." + p.key()) }

// QR is the link as a picture.
func (p QRPage) QR() (template.HTML, error) { return qrCode(p.Link) }

// Good marks what is done.
func (p QRPage) Good() bool { return p.Step == QRApproved }

// Waiting says that something is yet to happen on a phone.
func (p QRPage) Waiting() bool { return p.Step == QRWaits || p.Step == QRSeen }

// Begins is the label of the button that begins one, nil where one waits.
func (p QRPage) Begins(v *view) []string {
	switch p.Step {
	case QRWaits, QRSeen, QRApproved:
		return nil
	case QROver:
		return v.Label("qr.again", "page.busy")
	case QRStart:
	}
	return v.Label("qr.begin", "page.busy")
}

// Again is this page as it is, Other the one that looks again by itself, or that does not, and Back the one with the other ways to sign in.
func (p QRPage) Again() string { return p.at(p.Still) }

// Other is described at Again.
func (p QRPage) Other() string { return p.at(!p.Still) }

func (p QRPage) at(still bool) string {
	q := url.Values{"flow": {p.Flow}}
	if still {
		q.Set("still", "1")
	}
	return "/login/qr?" + q.Encode()
}

// Back is described at Again.
func (p QRPage) Back() string { return "/login" + flowQuery(p.Flow) }

// Trouble is what the summary above the form says, "" when nothing is wrong.
func (p QRPage) Trouble(v *view) string {
	if p.RetryAfter > 0 {
		return v.T("qr.throttled", "wait", v.Wait(p.RetryAfter))
	}
	return ""
}

// What is wrong with a number that was entered, for QRAskPage.Error. A wrong one has no second try.
const (
	QRNumberMissing = "field.qr.missing"
	QRNumberFormat  = "field.qr.format"
)

// QRAskPage asks on the phone: POST {base}/account/qr with token, csrf and decision=go, allow (with number) or deny.
type QRAskPage struct {
	Lang       string
	CSRF       string
	Token      string
	ClientName string
	ClientHost string // "" if none is known
	Verified   bool
	Number     bool // the number is asked for; else whether to go on
	Asks       QRDevice
	Elsewhere  string // a QR… key of how far it is from the phone, or ""
	At         time.Time
	Until      time.Time
	Error      string // a QRNumber… key, or ""

	Person           string
	PersonIdentifier string
}

// How far the browser that asks is from the phone.
const (
	QROtherNetwork = "asked.elsewhere"
	QROtherCountry = "qr_ask.country"
)

func (p QRAskPage) spec() spec {
	return spec{
		template: "qr_ask", lang: p.Lang, title: msg("qr_ask.title"), client: cmp.Or(p.ClientName, p.ClientHost),
		self: "/account/qr?" + url.Values{"token": {p.Token}}.Encode(),
	}
}

// Fields are the page's inputs.
func (p QRAskPage) Fields(v *view) []field {
	if !p.Number {
		return nil
	}
	return v.fields(field{
		ID: "qr-number", Name: "number", Type: "text", Autocomplete: "off", InputMode: "numeric", Label: v.T("qr_ask.number"), Hint: v.T("qr_ask.number.hint"),
		Error: v.Problem(p.Error), Focus: p.Error == "",
	})
}

// QROutcome is what became of it on the phone.
type QROutcome string

// Outcomes.
const (
	QRAllowed QROutcome = "allowed"
	QRDenied  QROutcome = "denied"
	QREnded   QROutcome = "ended" // whatever is wrong with it
)

// QRDonePage says what became of it on the phone.
type QRDonePage struct {
	Lang       string
	ClientName string
	Outcome    QROutcome
}

func (p QRDonePage) spec() spec {
	return spec{template: "qr_done", lang: p.Lang, title: msg("qr_done." + p.key()), client: p.ClientName}
}

func (p QRDonePage) key() string { return string(cmp.Or(p.Outcome, QREnded)) }

// Lead says what to do now.
func (p QRDonePage) Lead(v *view) string { return v.T("qr_done." + p.key() + ".lead") }

// Good marks what was allowed.
func (p QRDonePage) Good() bool { return p.Outcome == QRAllowed }

// Secure leads to the sessions after a refusal: whoever was asked for nothing may want to look.
func (p QRDonePage) Secure() bool { return p.Outcome == QRDenied }

// Phone is the page of a sign-in by phone.
func (p LoginPage) Phone() string { return "/login/qr" }

package web

import (
	"cmp"
	"strings"
	"time"
)

// Page is a view model of this package.
type Page interface {
	// spec says how the page is framed: template, title, policy and links.
	spec() spec
}

// spec is what layout and headers need to know of a page.
type spec struct {
	template   string
	lang       string
	title      message
	heading    message // the visible title where it differs from the document's
	client     string  // the application the page speaks for; empty: the product
	logo       string
	display    string
	action     string   // additional form-action source
	onlyAction bool     // … instead of 'self'
	frames     []string // sources of what the page frames
	wait       time.Duration
	self       string // path and query, below the base, that a GET of the same page has
	policy     string
	terms      string
	section    string // the entry of an account's menu that it belongs to; empty: it stands alone, without the menu
	script     string
	challenge  Challenge
	passkeys   bool  // the page has the script for passkeys, which asks this server for options
	err        error // why the page cannot be drawn
}

// message is a catalogue key with its pairs name, value.
type message struct {
	key   string
	pairs []string
}

func msg(key string, pairs ...string) message { return message{key: key, pairs: pairs} }

// samples is one of each page, for what must hold for all of them.
func samples() []Page {
	return []Page{
		LoginPage{IdentifierFixed: true, Reauth: true, Unknown: PasskeySignals{UnknownID: "x"}}, AccountPage{Accounts: []Account{{}}},
		ConsentPage{Scopes: []ConsentScope{{Risky: true}, {Optional: true}}},
		FormPostPage{Action: "https://localhost/", Fields: [][2]string{{}}},
		ErrorPage{}, ExpiredPage{}, crowdedPage{}, LogoutPage{Hidden: [][2]string{{}}}, LoggedOutPage{}, LeavingPage{Frames: []string{"https://localhost/"}, Next: "https://localhost/"}, HomePage{Signed: true, Approvals: 1, Passkeys: true, Recovery: time.Unix(0, 0)},
		SetupPage{Errors: map[string]string{"email": FieldEmailMissing}}, SetupDonePage{}, PasswordChangePage{},
		DevicePage{Error: DeviceCodeFormat}, DeviceAskPage{Scopes: []ConsentScope{{Risky: true}, {Optional: true}}, From: "192.0.2.7", Elsewhere: true}, DeviceDonePage{},
		ApprovalsPage{Rows: []ApprovalRow{{Message: "W4SCT"}}}, ApprovalPage{Scopes: []ConsentScope{{Risky: true}, {Optional: true}}, Message: "W4SCT", From: "192.0.2.7"},
		PasskeysPage{Rows: []PasskeyRow{{ID: "1"}}, Problem: ProblemPasskey}, PasskeyRemovePage{Last: true}, PasskeyOfferPage{Problem: ProblemPasskey},
		SessionsPage{Ended: true, Rows: []SessionRow{{ID: "1", This: true, Address: "192.0.2.7", Place: "Zagreb, Croatia"}}}, EverywherePage{}, ExportPage{}, ErasePage{Error: FieldEraseConfirm}, ErasePage{Due: time.Unix(0, 0)}, ErasedPage{}, ProfilePage{Email: "m", Phone: "1", Errors: map[string]string{"name": FieldProfileText}},
		ActivityPage{Older: "1", Later: true, Rows: []ActivityRow{{Browser: "Firefox", Address: "192.0.2.7", Place: "Zagreb, Croatia"}}},
		RecoveryPage{Lost: true, Error: ProblemRecoveryMissing}, NewPasswordPage{Errors: map[string]string{"new_password": FieldPasswordShort}}, NotePage{Note: NoteRecoverySent}, MailSignInPage{Error: ProblemRecoveryMissing}, MailCodePage{Error: ProblemMailCode}, MailLinkPage{},
		ApprovalDonePage{}, AppsPage{Tiles: []AppTile{{Title: "Wiki", URL: "https://localhost/"}}, Ended: "Acme", Rows: []AppRow{{ID: "1", ClientHost: "localhost", Agent: true, Scopes: []ConsentScope{{}}}}},
		MFAPage{Identifier: "x", Lost: true, Others: []string{"backup"}}, SecurityPage{Proved: true, Factors: []FactorRow{{ID: "1"}, {ID: "2", Name: "x"}}, RemoveAsk: "2", CodesOf: 10, Links: []SecurityLink{{}}},
		DeniedPage{Flow: "f", Person: "x"}, SignupPage{Error: ProblemSignupAddress, Domains: []string{"x"}}, SignupFinishPage{Errors: map[string]string{"name": FieldSignupName}},
		SecurityPage{}, EnrolPage{URI: "otpauth://totp/x"}, CodesPage{Codes: []string{"x"}},
		RequiredPage{Action: RequiredPassword}, RequiredPage{Action: RequiredEmail, Sent: true}, RequiredPage{Action: RequiredAddress}, RequiredPage{Action: RequiredAddress, Sent: true}, RequiredPage{Action: RequiredTerms, Accepted: time.Unix(0, 0)},
		SentPage{Factors: []SentFactor{{Kind: "sms"}, {Kind: "mail", ID: "1"}}, RemoveAsk: "1"}, TypedCodePage{}, PhonePage{Number: "1"}, EmailPage{Email: "m"}, EmailLinkPage{Email: "m"},
		QRPage{Step: QRWaits, Link: "https://localhost/", Still: true}, QRPage{Step: QRSeen, Number: "47", Phone: QRDevice{Browser: "Firefox", Address: "192.0.2.7", Place: "HR"}}, QRPage{Step: QRApproved, Person: "m"}, QRPage{},
		QRAskPage{ClientName: "x", Asks: QRDevice{Address: "192.0.2.7"}, Elsewhere: QROtherNetwork}, QRAskPage{Number: true, Error: QRNumberFormat}, QRDonePage{Outcome: QRDenied},
		LoginPage{Connectors: make([]Connector, near+1)}, RelayPage{Action: "https://localhost/", Fields: [][2]string{{}}}, LinkPage{There: "m"}, LinkAskPage{},
		LoginsPage{Done: DoneLinked, Problem: ProblemLinkLast, Rows: []LoginRow{{ID: "1", There: "m"}}, More: []Connector{{}}}, LoginsPage{Again: true}, DirectoryPasswordPage{Identifier: "m", Errors: map[string]string{"new_password": FieldPasswordDirectory}}, ElsewherePage{Flow: "f", Connector: Connector{"x", "X"}}, ConnectorTestPage{Form: true}, ConnectorTestPage{
			Outcome: TestRefused, Check: "x", Facts: [][2]string{{"connector_test.key", "x"}}, Claims: [][2]string{{"a", "b"}}, Profile: [][2]string{{"a", "b"}}, Joins: []string{"a"}, Leaves: []string{"b"},
		},
		ChallengeWaitPage{Wait: time.Second}, challengedLogin(), challengedRecovery(), challengedSignup(), challengedMail(), challengedLost(),
		LostPage{Error: ProblemRecoveryMissing}, LostStepPage{Identifier: "m"}, LostStepPage{Cancel: true, Own: true, Ready: time.Unix(0, 0)}, LostWaitingPage{}, LostSetPage{Factors: true, Errors: map[string]string{"new_password": FieldPasswordShort}},
	}
}

// field is one labelled input.
type field struct {
	ID, Name, Type, Autocomplete, InputMode, Value string
	Label, Hint, Error, StepBack                   string
	Fixed, Focus, Optional                         bool
	Options                                        []option // values to choose among; none: text is typed

	view *view
}

// T is the catalogue's sentence, see view.T.
func (f field) T(key string) string { return f.view.T(key) }

// Secret says that the field is a password, with a button to show what is typed and a Caps Lock hint.
func (f field) Secret() bool { return f.Type == "password" }

// Capital says that the field takes names, which begin with one.
func (f field) Capital() bool {
	switch f.Autocomplete {
	case "name", "given-name", "additional-name", "family-name", "nickname":
		return true
	}
	return false
}

// Described lists the ids that explain the field.
func (f field) Described() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	return strings.Join(ids, " ")
}

// summary is the one message above a form: a sentence of its own, the fields to mend, or both.
type summary struct {
	Text   string
	Fields []field
}

// Summary gathers what is wrong with a form; nil when nothing is.
func (v *view) Summary(text string, fields []field) *summary {
	s := summary{Text: text}
	for _, f := range fields {
		if f.Error != "" {
			s.Fields = append(s.Fields, f)
		}
	}
	if s.Text == "" && len(s.Fields) == 0 {
		return nil
	}
	s.Text = cmp.Or(s.Text, v.T("page.problem"))
	return &s
}

// Label is a button's text at rest and while busy.
func (v *view) Label(rest, busy string) []string { return []string{v.T(rest), v.T(busy)} }

// fields binds inputs to the view they are drawn in.
func (v *view) fields(all ...field) []field {
	for i := range all {
		all[i].view = v
	}
	return all
}

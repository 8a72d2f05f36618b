package web

import (
	"encoding/json"
	"net/url"
	"time"
)

// PasskeySignals is what the browser should be told about passkeys (WebAuthn Level 3, section 5.1.10): which ones count, what their person is called,
// or that one is not known here. Ids are base64url.
type PasskeySignals struct {
	RPID      string
	User      string   // user handle
	Accepted  []string // with User: all credentials of the person that count
	Name      string   // with User: as the person signs in
	FullName  string
	UnknownID string // a credential that is not known here
}

// JSON has the script's calls by name; "" is nothing to say.
func (s PasskeySignals) JSON() string {
	calls := map[string]any{}
	if s.UnknownID != "" {
		calls["signalUnknownCredential"] = map[string]any{"rpId": s.RPID, "credentialId": s.UnknownID}
	}
	if s.User != "" {
		accepted := s.Accepted
		if accepted == nil {
			accepted = []string{}
		}
		calls["signalAllAcceptedCredentials"] = map[string]any{"rpId": s.RPID, "userId": s.User, "allAcceptedCredentialIds": accepted}
		calls["signalCurrentUserDetails"] = map[string]any{"rpId": s.RPID, "userId": s.User, "name": s.Name, "displayName": s.FullName}
	}
	if len(calls) == 0 {
		return ""
	}
	b, err := json.Marshal(calls)
	if err != nil {
		return "" // cannot happen: strings only
	}
	return string(b)
}

// PasskeyRow is one passkey in its person's list.
type PasskeyRow struct {
	ID     string // part of its pages' addresses
	Name   string
	Make   string // of the authenticator, if it says and is known
	Added  time.Time
	Used   time.Time // zero: never
	Synced bool      // kept by a password manager on all the person's devices
}

// PasskeysPage is a person's list: {base}/account/passkeys. POST there with csrf, name and credential adds one; POST to …/{ID} with csrf and name
// renames one; …/{ID}/remove asks before it removes one.
type PasskeysPage struct {
	Lang    string
	CSRF    string
	Rows    []PasskeyRow
	Again   bool   // the sign-in is too long ago, or too weak, to add one: a link leads to ?again=1
	Problem string // a Problem… key, or ""
	Done    string // passkeys.done.added, .renamed or .removed, or ""
	Signals PasskeySignals
}

func (p PasskeysPage) spec() spec {
	return spec{template: "passkeys", lang: p.Lang, title: msg("passkeys.title"), section: "passkeys", self: "/account/passkeys", passkeys: true}
}

// Options is where the script gets what a new passkey is made from.
func (p PasskeysPage) Options() string { return "/account/passkeys/options" }

// NameField is the label and the field of one row's name.
func (p PasskeysPage) NameField(v *view, r PasskeyRow) field {
	return v.fields(field{ID: "passkey-name-" + r.ID, Name: "name", Type: "text", Autocomplete: "off", Value: r.Name, Label: v.T("passkeys.name")})[0]
}

// PasskeyRemovePage asks before a passkey is removed: POST to {base}/account/passkeys/{ID}/remove with csrf.
type PasskeyRemovePage struct {
	Lang string
	CSRF string
	ID   string
	Name string
	Last bool // the only way to sign in: it stays
}

func (p PasskeyRemovePage) spec() spec {
	title := msg("passkeys.remove.title", "name", p.Name)
	if p.Last {
		title = msg("passkeys.last.title")
	}
	return spec{template: "passkey_remove", lang: p.Lang, title: title, section: "passkeys", self: "/account/passkeys/" + p.ID + "/remove"}
}

// PasskeyOfferPage offers a passkey after a sign-in with a password: POST to {base}/login/passkey/offer with csrf, flow and step, and either
// decision=later or credential.
type PasskeyOfferPage struct {
	Lang          string
	CSRF          string
	Flow          string
	Step          string
	ClientName    string
	ClientLogoURI string
	Problem       string // a Problem… key, or ""
	FormAction    string // see FormActionSource
}

func (p PasskeyOfferPage) spec() spec {
	query := url.Values{"flow": {p.Flow}, "step": {p.Step}}.Encode()
	return spec{
		template: "passkey_offer", lang: p.Lang, title: msg("offer.title"), client: p.ClientName, logo: p.ClientLogoURI, action: p.FormAction,
		self: "/login/passkey/offer?" + query, passkeys: true,
	}
}

// Options is where the script gets what a new passkey is made from.
func (p PasskeyOfferPage) Options() string { return "/account/passkeys/options" }

// PasskeyOptions is where the script gets what a sign-in with a passkey answers.
func (p LoginPage) PasskeyOptions() string { return "/login/passkey/options" + flowQuery(p.Flow) }

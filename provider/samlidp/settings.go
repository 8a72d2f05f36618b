package samlidp

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/groups"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Bounds of what an application may have.
const (
	mostURL        = 2048
	mostEntityID   = 1024
	mostACS        = 50
	mostAttributes = 100
	mostAllowed    = 100
	mostName       = 512
)

// Forms of the name identifier.
const (
	Persistent = "persistent"   // a pairwise one, which means nothing to another application
	Email      = "emailAddress" // the address, once it is verified
	Username   = "unspecified"  // the user name
	Transient  = "transient"    // a new one for each session
)

// What is signed.
const (
	SignAssertion = "assertion"
	SignResponse  = "response"
	SignBoth      = "both"
)

// Settings are what an operator says of an application. What is empty has the default that its comment names.
type Settings struct {
	Template string `json:"template,omitempty"` // presets that these settings were made with

	ACS            []ACS  `json:"acs"`                        // where responses may go
	SLOURL         string `json:"slo_url,omitempty"`          // where sign-outs go; none: the application is not told
	SLOResponseURL string `json:"slo_response_url,omitempty"` // where answers to its sign-outs go; slo_url
	SLOBinding     string `json:"slo_binding,omitempty"`      // redirect or post; redirect

	Certificates   []string `json:"certificates,omitempty"`            // PEM; what signs its requests
	RequireSigned  bool     `json:"require_signed_requests,omitempty"` // unsigned ones are refused; signed ones always have to be right
	Encrypt        bool     `json:"encrypt_assertions,omitempty"`      // to encryption_certificate
	EncryptionCert string   `json:"encryption_certificate,omitempty"`  // PEM, RSA
	Cipher         string   `json:"encryption_cipher,omitempty"`       // aes256-gcm, aes128-gcm, aes256-cbc or aes128-cbc; aes256-gcm

	NameIDFormat string      `json:"name_id_format,omitempty"` // persistent, emailAddress, unspecified (the user name) or transient; persistent
	Attributes   []Attribute `json:"attributes,omitempty"`     // what is released, and nothing else
	Groups       *Attribute  `json:"groups,omitempty"`         // the attribute that carries the person's groups; none: they are not released
	Consent      bool        `json:"consent,omitempty"`        // people are asked before anything is released
	Allowed      []string    `json:"allowed,omitzero"`         // group:NAME, whose members may use it; absent: everybody; an empty list: nobody

	Sign           string `json:"sign,omitempty"`            // assertion, response or both; assertion
	SessionSeconds int    `json:"session_seconds,omitempty"` // how long the application may keep somebody signed in; as long as our session
	IDPInitiated   bool   `json:"idp_initiated,omitempty"`   // people may begin here
	RelayState     string `json:"relay_state,omitempty"`     // that goes along when they do
	StartURL       string `json:"start_url,omitempty"`       // where the application itself begins a sign-in
}

// ACS is an assertion consumer service: an address that takes responses by POST.
type ACS struct {
	URL     string `json:"url"`
	Index   int    `json:"index"`
	Default bool   `json:"default,omitempty"`
}

// Attribute is something that is released, under the application's name for it.
type Attribute struct {
	Name         string `json:"name"`
	Format       string `json:"format,omitempty"` // basic, uri or unspecified; basic
	FriendlyName string `json:"friendly_name,omitempty"`
	Claim        string `json:"claim,omitempty"` // one of ours, or
	Rule         string `json:"rule,omitempty"`  // a CEL expression over claims, groups, acr and amr
}

var nameShape = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

func validName(name string) error {
	if !nameShape.MatchString(name) {
		return errs.New(errs.Invalid, "A name has 2 to 32 small letters, digits and -, and begins with a letter.")
	}
	return nil
}

// parseSettings reads settings strictly.
func parseSettings(raw []byte) (s Settings, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, errs.Wrap(errs.Invalid, "The settings are not one JSON object with the members that there are: "+strings.TrimPrefix(err.Error(), "json: ")+".", err)
	}
	if dec.Decode(&struct{}{}) != io.EOF {
		return s, errs.New(errs.Invalid, "The settings are more than one JSON object.")
	}
	return s, nil
}

// withDefaults fills in what is empty.
func (s Settings) withDefaults() Settings {
	for field, value := range map[*string]string{&s.NameIDFormat: Persistent, &s.Sign: SignAssertion, &s.Cipher: "aes256-gcm", &s.SLOBinding: "redirect"} {
		if *field == "" {
			*field = value
		}
	}
	if s.SLOResponseURL == "" {
		s.SLOResponseURL = s.SLOURL
	}
	return s
}

// validate says what cannot be.
func (s Settings) validate() error {
	err := errors.Join(s.validateAddresses(), s.validateKeys(), s.validateRelease())
	if err != nil {
		return errs.Wrap(errs.Invalid, "This application cannot work: "+strings.ReplaceAll(err.Error(), "\n", "; ")+".", err)
	}
	return nil
}

func (s Settings) validateAddresses() error {
	if len(s.ACS) == 0 || len(s.ACS) > mostACS {
		return errors.New("acs: 1 to 50 addresses that take responses are needed")
	}
	defaults, indexes := 0, map[int]bool{}
	for _, a := range s.ACS {
		if !secureURL(a.URL) {
			return fmt.Errorf("acs: %q is no https address", a.URL)
		}
		if a.Index < 0 || a.Index > 65535 || indexes[a.Index] {
			return errors.New("acs: each index is a number of its own, 0 to 65535")
		}
		if indexes[a.Index] = true; a.Default {
			defaults++
		}
	}
	if defaults > 1 {
		return errors.New("acs: one is the default, or the first is")
	}
	for field, location := range map[string]string{"slo_url": s.SLOURL, "slo_response_url": s.SLOResponseURL, "start_url": s.StartURL} {
		if location != "" && !secureURL(location) {
			return fmt.Errorf("%s: is no https address", field)
		}
	}
	if !slices.Contains([]string{"redirect", "post"}, s.SLOBinding) {
		return errors.New("slo_binding: redirect or post")
	}
	if s.SLOURL != "" && len(s.Certificates) == 0 {
		return errors.New("slo_url: sign-outs are signed, and want certificates")
	}
	return nil
}

func (s Settings) validateKeys() error {
	certs, err := samlxml.Certificates(s.Certificates)
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	for _, cert := range certs {
		if !samlxml.Strong(cert) {
			return errors.New("certificates: a key is RSA of at least 2,048 bits, or a curve of 256")
		}
	}
	if s.RequireSigned && len(certs) == 0 {
		return errors.New("require_signed_requests: wants certificates")
	}
	if _, ok := ciphers()[s.Cipher]; !ok {
		return errors.New("encryption_cipher: aes256-gcm, aes128-gcm, aes256-cbc or aes128-cbc")
	}
	if s.EncryptionCert == "" {
		if s.Encrypt {
			return errors.New("encrypt_assertions: wants encryption_certificate")
		}
		return nil
	}
	to, err := samlxml.Certificates([]string{s.EncryptionCert})
	if err != nil || len(to) != 1 {
		return errors.New("encryption_certificate: wants one certificate in PEM")
	}
	if _, ok := to[0].PublicKey.(*rsa.PublicKey); !ok || !samlxml.Strong(to[0]) {
		return errors.New("encryption_certificate: wants an RSA key of at least 2,048 bits")
	}
	return nil
}

func (s Settings) validateRelease() error {
	if nameIDFormat(s.NameIDFormat) == "" {
		return errors.New("name_id_format: persistent, emailAddress, unspecified or transient")
	}
	if !slices.Contains([]string{SignAssertion, SignResponse, SignBoth}, s.Sign) {
		return errors.New("sign: assertion, response or both")
	}
	if s.SessionSeconds < 0 || s.SessionSeconds > 365*24*3600 {
		return errors.New("session_seconds: 0 to a year")
	}
	if len(s.RelayState) > mostRelayState || !oneLine(s.RelayState) {
		return errors.New("relay_state: one line of at most 1,024 bytes")
	}
	if len(s.Attributes) > mostAttributes || len(s.Allowed) > mostAllowed {
		return errors.New("attributes, allowed: at most 100")
	}
	for _, who := range s.Allowed {
		if group, ok := strings.CutPrefix(who, core.AllowedGroup); !ok || !groups.ValidName(group) {
			return errors.New("allowed: each is group:NAME")
		}
	}
	return s.validateAttributes()
}

func (s Settings) validateAttributes() error {
	all := slices.Clone(s.Attributes)
	if s.Groups != nil {
		if s.Groups.Claim != "" || s.Groups.Rule != "" {
			return errors.New("groups: has a name and a format alone")
		}
		all = append(all, *s.Groups)
	}
	seen := map[string]bool{}
	for i, a := range all {
		if a.Name == "" || len(a.Name) > mostName || !oneLine(a.Name) || !oneLine(a.FriendlyName) || len(a.FriendlyName) > mostName || seen[a.Name] {
			return errors.New("attributes: each has a name of its own, one line of at most 512 bytes")
		}
		if seen[a.Name] = true; attributeFormat(a.Format) == "" {
			return fmt.Errorf("attributes: the format of %s is basic, uri or unspecified", a.Name)
		}
		if i < len(s.Attributes) && (a.Claim == "") == (a.Rule == "") {
			return fmt.Errorf("attributes: %s wants a claim or a rule", a.Name)
		}
	}
	_, err := newReleaser(s)
	return err
}

// nameIDFormat is the URI of a form; "" for none that there is.
func nameIDFormat(name string) string {
	switch name {
	case Persistent:
		return string(saml.PersistentNameIDFormat)
	case Email:
		return string(saml.EmailAddressNameIDFormat)
	case Username:
		return string(saml.UnspecifiedNameIDFormat)
	case Transient:
		return string(saml.TransientNameIDFormat)
	}
	return ""
}

func attributeFormat(name string) string {
	switch name {
	case "", "basic":
		return "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
	case "uri", "unspecified":
		return "urn:oasis:names:tc:SAML:2.0:attrname-format:" + name
	}
	return ""
}

// secureURL wants https, or http on the person's own machine, where applications are tried out.
func secureURL(location string) bool {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(location) > mostURL || !oneLine(location) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && (core.IsLoopback(location) || u.Hostname() == "localhost")
}

// oneLine wants printable text of one line.
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
	})
}

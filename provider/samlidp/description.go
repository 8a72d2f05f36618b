package samlidp

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// description is an application's metadata on its way through the table.
type description struct {
	wanted string // entity ID; "": the only one
	now    time.Time
	root   *etree.Element

	el     *etree.Element
	entity saml.EntityDescriptor
	role   *saml.SPSSODescriptor
}

func rowsMetadata() []verdict.Row[*description] {
	return []verdict.Row[*description]{
		{Name: "saml_app_metadata.entity", Reason: "issuer", Check: oneEntity},
		{Name: "saml_app_metadata.valid_until", Reason: "time", Check: stillValid},
		{Name: "saml_app_metadata.role", Reason: "malformed", Check: oneRole},
		{Name: "saml_app_metadata.consumers", Reason: "endpoint", Check: postConsumers},
		{Name: "saml_app_metadata.keys", Reason: "key", Check: strongKeys},
	}
}

// readMetadata reads what an application says of itself: its entity ID, and its settings over those that are given. A document that does not count is
// errs.Invalid, which names the row.
func readMetadata(ctx context.Context, raw []byte, wanted string, now time.Time, over Settings) (entityID string, s Settings, err error) {
	d := &description{wanted: wanted, now: now}
	if d.root, err = samlxml.Parse(ctx, samlxml.MetadataOf(raw)); err == nil {
		err = samlxml.Judge(ctx, d, rowsMetadata())
	}
	if no, ok := errors.AsType[*samlxml.Refusal](err); ok {
		return "", s, errs.Wrap(errs.Invalid, "The metadata does not count ("+no.Check+"): it wants "+no.Expected+", and has "+no.Received+".", no)
	}
	if err != nil {
		return "", s, err
	}
	return d.entity.EntityID, d.settings(over), nil
}

// oneEntity finds the application in the document, alone or among others.
func oneEntity(_ context.Context, d *description) (expected, received string, err error) {
	expected = "one service provider of that entity ID"
	var found []*etree.Element
	for el := range samlxml.All(d.root) {
		if samlxml.Is(el, samlxml.NSMetadata, "EntityDescriptor") && (d.wanted == "" || samlxml.Attribute(el, "entityID") == d.wanted) {
			found = append(found, el)
		}
	}
	if len(found) != 1 || !described(found[0]) {
		return expected, "none, or two", nil
	}
	d.el = found[0]
	raw, err := etree.NewDocumentWithRoot(samlxml.Detached(d.el)).WriteToBytes()
	if err != nil || xml.Unmarshal(raw, &d.entity) != nil || !entityID(d.entity.EntityID) {
		return expected, "a broken one", nil //nolint:nilerr // what was given is wrong, nothing failed
	}
	return expected, "", nil
}

// entityID wants one line of bounded size.
func entityID(s string) bool {
	return s != "" && len(s) <= mostEntityID && oneLine(s) && strings.TrimSpace(s) == s
}

// described says whether an entity stands where metadata has entities: at the root, or in nothing but groups.
func described(el *etree.Element) bool {
	for parent := el.Parent(); parent != nil && parent.Tag != ""; parent = parent.Parent() {
		if !samlxml.Is(parent, samlxml.NSMetadata, "EntitiesDescriptor") {
			return false
		}
	}
	return true
}

// stillValid wants no end that has come, of the entity or a group that it is in.
func stillValid(_ context.Context, d *description) (expected, received string, err error) {
	for el := d.el; el != nil; el = el.Parent() {
		value, given := samlxml.AttributeOf(el, "validUntil")
		if at, ok := samlxml.Instant(value); given && (!ok || !d.now.Before(at)) {
			received = "one that has come"
		}
	}
	return "an end that has not come", received, nil
}

// oneRole wants a service provider that speaks SAML 2.0.
func oneRole(_ context.Context, d *description) (expected, received string, err error) {
	for i := range d.entity.SPSSODescriptors {
		role := &d.entity.SPSSODescriptors[i]
		if !slices.Contains(strings.Fields(role.ProtocolSupportEnumeration), samlxml.NSProtocol) {
			continue
		}
		if d.role != nil {
			received = "two"
		}
		d.role = role
	}
	if d.role == nil {
		received = "none"
	} else if end := d.role.ValidUntil; end != nil && !d.now.Before(*end) {
		received = "one that has ended"
	}
	return "one service provider of SAML 2.0", received, nil
}

// postConsumers wants addresses that take responses by POST, and https for them and for sign-outs.
func postConsumers(_ context.Context, d *description) (expected, received string, err error) {
	n := 0
	for _, e := range d.role.AssertionConsumerServices {
		if e.Binding != saml.HTTPPostBinding {
			continue
		}
		if n++; !secureURL(e.Location) {
			received = "one without"
		}
	}
	for _, e := range d.role.SingleLogoutServices {
		if browsed(e.Binding) && (!secureURL(e.Location) || e.ResponseLocation != "" && !secureURL(e.ResponseLocation)) {
			received = "one without"
		}
	}
	if n == 0 {
		received = "none for the POST binding"
	}
	return "addresses with https", received, nil
}

func browsed(binding string) bool {
	return binding == saml.HTTPRedirectBinding || binding == saml.HTTPPostBinding
}

// strongKeys wants certificates that can be read and whose keys count, for either use.
func strongKeys(_ context.Context, d *description) (expected, received string, err error) {
	for _, k := range d.role.KeyDescriptors {
		for _, c := range k.KeyInfo.X509Data.X509Certificates {
			if cert := certificate(c.Data); cert == nil || !samlxml.Strong(cert) {
				received = "one that does not"
			}
		}
	}
	return "certificates of keys that count", received, nil
}

func certificate(data string) *x509.Certificate {
	der, err := base64.StdEncoding.DecodeString(samlxml.Compact(data))
	if err != nil {
		return nil
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return cert
}

// keys are the certificates of a use in PEM; a key without a use has both.
func (d *description) keys(use string) []string {
	var out []string
	for _, k := range d.role.KeyDescriptors {
		if k.Use != "" && k.Use != use {
			continue
		}
		for _, c := range k.KeyInfo.X509Data.X509Certificates {
			if cert := certificate(c.Data); cert != nil {
				out = append(out, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})))
			}
		}
	}
	return out
}

// settings are what the metadata says, over what is given: addresses and keys are always the metadata's.
func (d *description) settings(over Settings) Settings {
	s := over
	s.ACS = nil
	for _, e := range d.role.AssertionConsumerServices {
		if e.Binding == saml.HTTPPostBinding {
			s.ACS = append(s.ACS, ACS{URL: e.Location, Index: e.Index, Default: e.IsDefault != nil && *e.IsDefault})
		}
	}
	s.Certificates = d.keys("signing")
	if s.SLOURL, s.SLOResponseURL, s.SLOBinding = "", "", ""; len(s.Certificates) > 0 {
		s.SLOURL, s.SLOResponseURL, s.SLOBinding = d.logout()
	}
	if signs := d.role.AuthnRequestsSigned; signs != nil && *signs && len(s.Certificates) > 0 {
		s.RequireSigned = true
	}
	s.EncryptionCert = ""
	if keys := d.keys("encryption"); len(keys) > 0 && rsaKey(keys[0]) {
		s.EncryptionCert = keys[0]
	}
	if s.Cipher == "" {
		s.Cipher = d.cipher()
	}
	if s.NameIDFormat == "" {
		s.NameIDFormat = d.nameIDFormat()
	}
	return s
}

func (d *description) logout() (at, response, binding string) {
	for _, want := range [][2]string{{saml.HTTPRedirectBinding, "redirect"}, {saml.HTTPPostBinding, "post"}} {
		for _, e := range d.role.SingleLogoutServices {
			if e.Binding == want[0] {
				return e.Location, e.ResponseLocation, want[1]
			}
		}
	}
	return "", "", ""
}

// cipher is the first that the metadata names and that there is here.
func (d *description) cipher() string {
	for _, k := range d.role.KeyDescriptors {
		for _, m := range k.EncryptionMethods {
			for name, c := range ciphers() {
				if c.Algorithm() == m.Algorithm && k.Use != "signing" {
					return name
				}
			}
		}
	}
	return ""
}

// nameIDFormat is the first of the metadata's formats that there is here.
func (d *description) nameIDFormat() string {
	for _, f := range d.role.NameIDFormats {
		for _, name := range []string{Persistent, Email, Transient, Username} {
			if string(f) == nameIDFormat(name) {
				return name
			}
		}
	}
	return ""
}

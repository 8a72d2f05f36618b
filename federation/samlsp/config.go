package samlsp

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

const (
	defaultSkew = 60 * time.Second
	mostSkew    = 180 * time.Second
	mostURL     = 2048
)

// Config is one identity provider, and who we are to it. What is empty has the default that its comment names.
type Config struct {
	IDPEntityID string `json:"idp_entity_id"` // the only issuer that counts

	// Metadata by URL (https) or as text; or neither, and IDPSSOURL with certificates.
	IDPMetadataURL string `json:"idp_metadata_url,omitempty"`
	IDPMetadata    string `json:"idp_metadata,omitempty"`
	// Certificates (PEM) one of which must have signed the metadata. None: TLS, or the operator's own copy, is trusted.
	IDPMetadataCertificates []string `json:"idp_metadata_certificates,omitempty"`
	// Certificates (PEM) that sign messages; only they count when there are any.
	IDPCertificates []string `json:"idp_certificates,omitempty"`
	// SHA-256 of public keys (SubjectPublicKeyInfo, hex): keys of the metadata that are not among them do not count.
	IDPFingerprints []string `json:"idp_fingerprints,omitempty"`
	IDPSSOURL       string   `json:"idp_sso_url,omitempty"`
	IDPSLOURL       string   `json:"idp_slo_url,omitempty"`
	// SSOBinding is how requests are sent: redirect or post. Empty: redirect if the metadata has it.
	SSOBinding string `json:"sso_binding,omitempty"`

	EntityID string `json:"entity_id,omitempty"` // ours; {issuer}/saml/{connector}
	ACSURL   string `json:"acs_url,omitempty"`   // where responses come; {issuer}/saml/{connector}/acs
	SLOURL   string `json:"slo_url,omitempty"`   // where sign-outs come; {issuer}/saml/{connector}/slo

	SignRequests            bool `json:"sign_requests,omitempty"` // also if the metadata wants it
	WantAssertionsEncrypted bool `json:"want_assertions_encrypted,omitempty"`
	// Artifacts has responses come as references too, which are resolved straight with the identity provider and never pass through the browser.
	Artifacts         bool `json:"artifacts,omitempty"`
	AllowIDPInitiated bool `json:"allow_idp_initiated,omitempty"` // responses that nobody asked for

	NameIDFormat string `json:"name_id_format,omitempty"` // that is asked for; persistent
	// KeyFormats are the formats whose name identifiers may name a person for good: persistent. Addresses (emailAddress), names (unspecified) and
	// transient may be given to somebody else, and count only when they are written here.
	KeyFormats []string `json:"key_formats,omitempty"`
	// KeyAttribute names a person instead: one immutable attribute, such as objectGUID.
	KeyAttribute string `json:"key_attribute,omitempty"`

	SkewSeconds int `json:"skew_seconds,omitempty"` // how far clocks may differ: 60, at most 180
	// AuthnContexts are the classes of the identity provider by our acr values.
	AuthnContexts map[string]string `json:"authn_contexts,omitempty"`

	// Attributes are names of attributes by our claims (email, given_name, …, groups), in place of the usual names.
	Attributes map[string]string `json:"attributes,omitempty"`
	TrustEmail bool              `json:"trust_email,omitempty"` // its addresses are verified
}

// Validate says what is wrong.
func (c Config) Validate() error {
	return errors.Join(c.validateIDP(), c.validateOwn(), c.validatePeople())
}

func (c Config) validateIDP() error {
	if c.IDPEntityID == "" || len(c.IDPEntityID) > 1024 {
		return errors.New("idp_entity_id: is needed, with at most 1,024 characters")
	}
	if c.IDPMetadataURL != "" && c.IDPMetadata != "" {
		return errors.New("idp_metadata_url, idp_metadata: one of the two")
	}
	if c.IDPMetadataURL == "" && c.IDPMetadata == "" && (c.IDPSSOURL == "" || len(c.IDPCertificates) == 0) {
		return errors.New("idp_metadata_url: is needed, or idp_metadata, or idp_sso_url with idp_certificates")
	}
	for field, location := range map[string]string{"idp_metadata_url": c.IDPMetadataURL, "idp_sso_url": c.IDPSSOURL, "idp_slo_url": c.IDPSLOURL} {
		if location != "" && !secureURL(location) {
			return fmt.Errorf("%s: wants an https address", field)
		}
	}
	for field, list := range map[string][]string{"idp_certificates": c.IDPCertificates, "idp_metadata_certificates": c.IDPMetadataCertificates} {
		if _, err := samlxml.Certificates(list); err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
	}
	for _, f := range c.IDPFingerprints {
		if raw, err := hex.DecodeString(strings.ReplaceAll(f, ":", "")); err != nil || len(raw) != 32 {
			return errors.New("idp_fingerprints: wants SHA-256 in hexadecimal")
		}
	}
	if c.Artifacts && c.IDPMetadataURL == "" && c.IDPMetadata == "" {
		return errors.New("artifacts: wants metadata, which says where they are resolved")
	}
	if !slices.Contains([]string{"", "redirect", "post"}, c.SSOBinding) {
		return errors.New("sso_binding: redirect or post")
	}
	return nil
}

func (c Config) validateOwn() error {
	for field, location := range map[string]string{"acs_url": c.ACSURL, "slo_url": c.SLOURL} {
		if location != "" && !secureURL(location) {
			return fmt.Errorf("%s: wants an https address", field)
		}
	}
	if len(c.EntityID) > 1024 {
		return errors.New("entity_id: has more than 1,024 characters")
	}
	if c.SkewSeconds < 0 || c.skew() > mostSkew {
		return errors.New("skew_seconds: 0 to 180")
	}
	return nil
}

func (c Config) validatePeople() error {
	for _, f := range append([]string{c.NameIDFormat}, c.KeyFormats...) {
		if f != "" && nameIDFormat(f) == "" {
			return fmt.Errorf("name_id_format, key_formats: %q is no format", f)
		}
	}
	if c.KeyAttribute != "" && len(c.KeyFormats) > 0 {
		return errors.New("key_attribute, key_formats: one of the two")
	}
	classes := map[string]bool{}
	for acr, class := range c.AuthnContexts {
		if acr == "" || class == "" || classes[class] {
			return errors.New("authn_contexts: each acr value wants a class of its own")
		}
		classes[class] = true
	}
	return nil
}

func (c Config) skew() time.Duration {
	if c.SkewSeconds == 0 {
		return defaultSkew
	}
	return time.Duration(c.SkewSeconds) * time.Second
}

// withDefaults fills in what is ours for a connector of that name.
func (c Config) withDefaults(issuer, name string) Config {
	base := strings.TrimSuffix(issuer, "/") + "/saml/" + url.PathEscape(name)
	for field, value := range map[*string]string{
		&c.EntityID: base, &c.ACSURL: base + "/acs", &c.SLOURL: base + "/slo", &c.NameIDFormat: string(saml.PersistentNameIDFormat),
	} {
		if *field == "" {
			*field = value
		}
	}
	if len(c.KeyFormats) == 0 {
		c.KeyFormats = []string{string(saml.PersistentNameIDFormat)}
	}
	c.NameIDFormat = nameIDFormat(c.NameIDFormat)
	for i, f := range c.KeyFormats {
		c.KeyFormats[i] = nameIDFormat(f)
	}
	return c
}

// nameIDFormat is the URI of a format that is written in full, or one of SAML's by its last part; "" for none.
func nameIDFormat(name string) string {
	for _, f := range []string{
		string(saml.PersistentNameIDFormat), string(saml.TransientNameIDFormat), string(saml.EmailAddressNameIDFormat), string(saml.UnspecifiedNameIDFormat),
		"urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName", "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
		"urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos",
	} {
		if name == f || strings.HasSuffix(f, ":nameid-format:"+name) {
			return f
		}
	}
	if strings.Contains(name, ":") && oneLine(name, mostAttribute) {
		return name
	}
	return ""
}

func secureURL(location string) bool {
	u, err := url.Parse(location)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.Fragment == "" && len(location) <= mostURL
}

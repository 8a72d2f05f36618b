package samlsp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

const mostKey = 1024

// nameID is who somebody is there, and its canonical text.
type nameID struct {
	format, value, text string
}

// readNameID reads one of bounded size; nil for any other. Qualifiers that say what is meant without them count as left out (core §8.3.7).
func readNameID(el *etree.Element, c Config) *nameID {
	format := samlxml.Trim(samlxml.Attribute(el, "Format"))
	if format == "" {
		format = string(saml.UnspecifiedNameIDFormat)
	}
	name, sp, value := samlxml.Trim(samlxml.Attribute(el, "NameQualifier")), samlxml.Trim(samlxml.Attribute(el, "SPNameQualifier")), samlxml.Text(el)
	if name == c.IDPEntityID {
		name = ""
	}
	if sp == c.EntityID {
		sp = ""
	}
	if !oneLine(value, mostName) || len(format)+len(name)+len(sp) > 2*mostName {
		return nil
	}
	return &nameID{format: format, value: value, text: canonicalText(c.IDPEntityID, format, name, sp, value)}
}

// canonicalText is one text for several, from which they can be had again.
func canonicalText(parts ...string) string {
	text, _ := json.Marshal(parts) // strings always can be written
	return string(text)
}

var errSubject = errors.New("samlsp: no subject of this identity provider")

// parseSubject reads the canonical text of a name identifier.
func parseSubject(subject, idp string) (*saml.NameID, error) {
	var parts []string
	if err := json.Unmarshal([]byte(subject), &parts); err != nil || len(parts) != 5 || parts[0] != idp {
		return nil, errSubject
	}
	return &saml.NameID{Format: parts[1], NameQualifier: parts[2], SPNameQualifier: parts[3], Value: parts[4]}, nil
}

// bounded is a key of at most 1,024 bytes: itself, or its hash.
func boundedKey(key string) string {
	if len(key) <= mostKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// identity is what the assertion says, once all rows have passed.
func (a *try) identity() *federation.Identity {
	at, _ := a.signedInAt()
	out := &federation.Identity{
		Key: boundedKey(a.key), Claims: map[string]any{}, Profile: a.profile(), Groups: a.attributes[a.first("groups")],
		ACR: a.acr(), At: at, Session: samlxml.Attribute(a.statement, "SessionIndex"),
	}
	for name, values := range a.attributes {
		out.Claims[name] = slices.Clone(values)
	}
	if a.nameID != nil {
		out.Subject = a.nameID.text
		out.Claims["saml_name_id"], out.Claims["saml_name_id_format"] = a.nameID.value, a.nameID.format
	}
	if until, given, _ := a.sessionEnd(); given {
		out.Until = until.In(time.UTC)
	}
	return out
}

// profile is what is known of the person by OpenID's claims.
func (a *try) profile() map[string]any {
	out := map[string]any{}
	for _, claim := range []string{"email", "given_name", "family_name", "name", "preferred_username", "phone_number", "locale"} {
		if name := a.first(claim); name != "" {
			out[claim] = a.attributes[name][0]
		}
	}
	if _, ok := out["email"]; !ok && a.nameID != nil && a.nameID.format == string(saml.EmailAddressNameIDFormat) {
		out["email"] = a.nameID.value
	}
	if _, ok := out["email"]; ok {
		out["email_verified"] = a.c.config.TrustEmail
	}
	return out
}

// first is the first attribute with a value among those that say a claim.
func (a *try) first(claim string) string {
	for _, name := range a.c.sources(claim) {
		if len(a.attributes[name]) > 0 {
			return name
		}
	}
	return ""
}

// sources are the attributes that say a claim: the operator's, or the usual ones.
func (c *Connector) sources(claim string) []string {
	if name, ok := c.config.Attributes[claim]; ok {
		return []string{name}
	}
	return usual[claim]
}

// usual are the names that identity providers give attributes: X.500 (Shibboleth, Keycloak), ADFS and Entra, and plain words (Okta, Google).
var usual = map[string][]string{
	"email": {
		"urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.2.840.113549.1.9.1", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
		"mail", "email", "emailAddress", "Email", "EmailAddress",
	},
	"given_name": {
		"urn:oid:2.5.4.42", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "givenName", "given_name", "firstName", "first_name", "FirstName",
	},
	"family_name": {
		"urn:oid:2.5.4.4", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "sn", "surname", "family_name", "lastName", "last_name", "LastName",
	},
	"name": {
		"urn:oid:2.16.840.1.113730.3.1.241", "http://schemas.microsoft.com/identity/claims/displayname", "displayName", "display_name", "urn:oid:2.5.4.3", "cn",
	},
	"preferred_username": {
		"urn:oid:0.9.2342.19200300.100.1.1", "urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "uid", "username", "userName",
	},
	"phone_number": {"urn:oid:2.5.4.20", "telephoneNumber", "phone", "phone_number"},
	"locale":       {"urn:oid:2.16.840.1.113730.3.1.39", "preferredLanguage", "locale"},
	"groups": {
		"http://schemas.xmlsoap.org/claims/Group", "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
		"isMemberOf", "memberOf", "groups", "Groups", "Group",
	},
}

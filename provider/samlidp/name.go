package samlidp

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Ring makes what applications call people, what those names are found by, and seals them.
type Ring interface {
	Sealer
	FirstMAC(purpose string, parts ...[]byte) []byte
	Index(table, column string, value []byte) []byte
	Indexes(table, column string, value []byte) [][]byte
}

// nameID is what an application calls somebody.
type nameID struct {
	Format string `json:"format"` // a URI
	Value  string `json:"value"`
}

// name is what the application calls the person; "" when the person has no name of that form.
func (e *Endpoint) name(a *App, s *storage.Session, p *storage.Person, claims map[string]any) nameID {
	out := nameID{Format: nameIDFormat(a.Settings.NameIDFormat)}
	switch a.Settings.NameIDFormat {
	case Persistent:
		out.Value = e.d.Subjects.Of(a.client(), p)
	case Email:
		out.Value, _ = claims["email"].(string)
	case Username:
		out.Value, _ = claims["preferred_username"].(string)
	case Transient:
		out.Value = "_" + base64.RawURLEncoding.EncodeToString(e.d.Ring.FirstMAC(keys.Pairwise, []byte("saml transient"), s.Tenant[:], s.ID[:], a.Row.ID[:]))
	}
	if len(out.Value) > mostName || !oneLine(out.Value) || !sound(out.Value) || strings.TrimSpace(out.Value) != out.Value {
		out.Value = ""
	}
	return out
}

// element is the name with what it is relative to (core §2.2.2).
func (e *Endpoint) element(a *App, n nameID) *saml.NameID {
	out := &saml.NameID{Format: n.Format, Value: n.Value}
	if n.Format == nameIDFormat(Persistent) || n.Format == nameIDFormat(Transient) {
		out.NameQualifier, out.SPNameQualifier = e.entityID(), a.Row.EntityID
	}
	return out
}

// text is the name as it is hashed and sealed.
func (n nameID) text() []byte {
	raw, _ := json.Marshal(n) // two strings
	return raw
}

func (e *Endpoint) subject(a *App, n nameID) []byte {
	return e.d.Ring.Index("saml_sessions", "subject", append(a.Row.ID[:], n.text()...))
}

func (e *Endpoint) subjects(a *App, n nameID) [][]byte {
	return e.d.Ring.Indexes("saml_sessions", "subject", append(a.Row.ID[:], n.text()...))
}

func nameAt(s *storage.SAMLSession) seal.Location {
	return seal.Location{Table: "saml_sessions", Column: "name_id", Tenant: s.Tenant, Row: s.ID}
}

// readName reads the name in a sign-out. One that is relative to somebody else is nobody's here.
func (m *message) readName(el *etree.Element) (nameID, bool) {
	format := strings.TrimSpace(samlxml.Attribute(el, "Format"))
	if format == "" {
		format = nameIDFormat(m.app.Settings.NameIDFormat)
	}
	by, to := samlxml.Attribute(el, "NameQualifier"), samlxml.Attribute(el, "SPNameQualifier")
	n := nameID{Format: format, Value: samlxml.Text(el)}
	known := (by == "" || by == m.e.entityID()) && (to == "" || to == m.app.Row.EntityID)
	return n, known && n.Value != "" && len(n.Value) <= mostName && oneLine(n.Value)
}

package samlsp

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// Bounds of what is said about a person.
const (
	mostName      = 1024 // bytes of a name identifier
	mostValue     = 64 << 10
	mostAttribute = 256 // bytes of a name
)

// oneSubject wants somebody.
func oneSubject(_ context.Context, a *try) (expected, received string, err error) {
	if a.subject = samlxml.Child(a.assertion, samlxml.NSAssertion, "Subject"); a.subject == nil {
		received = "none, or two"
	}
	return "one subject", received, nil
}

// soundNameID wants a name identifier of one line and bounded size; none only where an attribute names the person (SA04, SA18).
func soundNameID(_ context.Context, a *try) (expected, received string, err error) {
	expected = "a name identifier of one line"
	ids := samlxml.Children(a.subject, samlxml.NSAssertion, "NameID")
	if len(ids) == 0 && a.c.config.KeyAttribute != "" {
		return expected, "", nil
	}
	if len(ids) != 1 {
		return expected, "none, or two", nil
	}
	if a.nameID = readNameID(ids[0], a.c.config); a.nameID == nil {
		received = "an empty, longer or broken one"
	}
	return expected, received, nil
}

// oneLine says whether a text is one line of printable characters.
func oneLine(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	})
}

// oneBearer wants the one confirmation that whoever brings the assertion is the subject.
func oneBearer(_ context.Context, a *try) (expected, received string, err error) {
	var bearers []*etree.Element
	for _, c := range samlxml.Children(a.subject, samlxml.NSAssertion, "SubjectConfirmation") {
		if samlxml.Attribute(c, "Method") == samlxml.Bearer {
			bearers = append(bearers, c)
		}
	}
	if len(bearers) == 1 {
		a.confirmation = samlxml.Child(bearers[0], samlxml.NSAssertion, "SubjectConfirmationData")
	}
	if a.confirmation == nil {
		received = "none, or two"
	}
	return "one bearer confirmation", received, nil
}

// recipient wants our address (SA17).
func recipient(_ context.Context, a *try) (expected, received string, err error) {
	if samlxml.Attribute(a.confirmation, "Recipient") != a.c.config.ACSURL {
		received = "another, or none"
	}
	return "our address", received, nil
}

// confirmedFrom wants no later beginning. SAML wants none at all (profiles §4.1.4.2); one that has come does no harm.
func confirmedFrom(_ context.Context, a *try) (expected, received string, err error) {
	return begun(a.confirmation, a)
}

// confirmedUntil wants an end that has not come (SA17).
func confirmedUntil(_ context.Context, a *try) (expected, received string, err error) {
	at, ok := samlxml.Instant(samlxml.Attribute(a.confirmation, "NotOnOrAfter"))
	if a.until = at; !ok || !a.now.Before(at.Add(a.skew())) {
		received = "one that is over, or none"
	}
	return "an end that has not come", received, nil
}

// confirmedRequest wants this browser's request within what was signed too (SA15).
func confirmedRequest(_ context.Context, a *try) (expected, received string, err error) {
	got, given := samlxml.AttributeOf(a.confirmation, "InResponseTo")
	switch {
	case a.request() == "" && given:
		received = "an answer to a request"
	case a.request() != "" && got != a.request():
		received = "another, or none"
	}
	return "an answer to this browser's request", received, nil
}

// soundAttributes wants names and values of bounded size, and reads them.
func soundAttributes(_ context.Context, a *try) (expected, received string, err error) {
	expected = "attributes with names"
	a.attributes = map[string][]string{}
	for _, statement := range samlxml.Children(a.assertion, samlxml.NSAssertion, "AttributeStatement") {
		for _, el := range samlxml.Children(statement, samlxml.NSAssertion, "Attribute") {
			name := samlxml.Trim(samlxml.Attribute(el, "Name"))
			if !oneLine(name, mostAttribute) {
				return expected, "one without", nil
			}
			for _, v := range samlxml.Children(el, samlxml.NSAssertion, "AttributeValue") {
				if value := valueOf(v); value != "" && len(value) <= mostValue {
					a.attributes[name] = append(a.attributes[name], value)
				}
			}
		}
	}
	return expected, "", nil
}

// valueOf is a value's text, or that of the name identifier in it (eduPersonTargetedID).
func valueOf(v *etree.Element) string {
	if id := samlxml.Child(v, samlxml.NSAssertion, "NameID"); id != nil {
		return samlxml.Text(id)
	}
	return samlxml.Text(v)
}

// oneEmail wants at most one address where the address of the person is looked for: of two, nobody knows which is theirs (SA18).
func oneEmail(_ context.Context, a *try) (expected, received string, err error) {
	var found []string
	for _, name := range a.c.sources("email") {
		for _, value := range a.attributes[name] {
			if !slices.ContainsFunc(found, func(other string) bool { return strings.EqualFold(value, other) }) {
				found = append(found, value)
			}
		}
	}
	if len(found) > 1 {
		received = "more"
	}
	return "at most one mail address", received, nil
}

// identityKey wants what names the person for good: a name identifier of a format that may, or the attribute.
func identityKey(_ context.Context, a *try) (expected, received string, err error) {
	expected = "a name identifier, or an attribute, that names a person for good"
	if name := a.c.config.KeyAttribute; name != "" {
		values := a.attributes[name]
		if len(values) != 1 || !oneLine(values[0], mostName) {
			return expected, "none, or two", nil
		}
		a.key = canonicalText(a.c.config.IDPEntityID, "attribute", name, values[0])
		return expected, "", nil
	}
	if a.nameID == nil || !slices.Contains(a.c.config.KeyFormats, a.nameID.format) {
		return expected, "another format", nil
	}
	a.key = a.nameID.text
	return expected, "", nil
}

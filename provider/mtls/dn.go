package mtls

import (
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A distinguished name is a sequence of sets of attributes (X.501), here in the order of a certificate: the least specific first.
type (
	dn  []rdn
	rdn []attribute
)

// attribute has a value as DER, or, if it is a string, as the text by which it is compared.
type attribute struct {
	oid   string
	text  string
	isDER bool
}

const maxDN = 1024 // bytes of a registered name

var errDN = errors.New("mtls: not a distinguished name")

// equal is RFC 4517 section 4.2.15's distinguishedNameMatch: the same sets in the same order.
func (d dn) equal(other dn) bool {
	return len(d) > 0 && slices.EqualFunc(d, other, func(a, b rdn) bool {
		return len(a) == len(b) && !slices.ContainsFunc(a, func(x attribute) bool { return count(a, x) != count(b, x) })
	})
}

func count(set rdn, x attribute) (n int) {
	for _, a := range set {
		if a == x {
			n++
		}
	}
	return n
}

// types are the short names of RFC 4514 section 3 and those that OpenSSL writes, in lower case.
var types = map[string]string{
	"cn": "2.5.4.3", "sn": "2.5.4.4", "serialnumber": "2.5.4.5", "c": "2.5.4.6", "l": "2.5.4.7", "st": "2.5.4.8", "street": "2.5.4.9", "o": "2.5.4.10",
	"ou": "2.5.4.11", "title": "2.5.4.12", "businesscategory": "2.5.4.15", "postalcode": "2.5.4.17", "gn": "2.5.4.42", "givenname": "2.5.4.42",
	"surname": "2.5.4.4", "organizationidentifier": "2.5.4.97", "dc": "0.9.2342.19200300.100.1.25", "uid": "0.9.2342.19200300.100.1.1",
	"emailaddress": "1.2.840.113549.1.9.1", "jurisdictioncountryname": "1.3.6.1.4.1.311.60.2.1.3", "jurisdictionc": "1.3.6.1.4.1.311.60.2.1.3",
}

// textOf prepares a value for caseIgnoreMatch (RFC 4518): compatibility forms, no case, and every run of spaces as one.
func textOf(s string) string {
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(s))), " ")
}

// subjectOf reads a certificate's subject.
func subjectOf(der []byte) (dn, error) {
	var raw []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &raw); err != nil || len(rest) > 0 {
		return nil, errDN
	}
	out := make(dn, 0, len(raw))
	for _, r := range raw {
		var set []struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		if rest, err := asn1.UnmarshalWithParams(r.FullBytes, &set, "set"); err != nil || len(rest) > 0 || len(set) == 0 {
			return nil, errDN
		}
		one := make(rdn, 0, len(set))
		for _, a := range set {
			one = append(one, derAttribute(a.Type.String(), a.Value.FullBytes))
		}
		out = append(out, one)
	}
	return out, nil
}

// derAttribute is a value as text if it is one of ASN.1's strings, and as its bytes otherwise.
func derAttribute(oid string, der []byte) attribute {
	var s string
	if rest, err := asn1.Unmarshal(der, &s); err == nil && len(rest) == 0 {
		return attribute{oid: oid, text: textOf(s)}
	}
	return attribute{oid: oid, text: string(der), isDER: true}
}

// parseDN reads RFC 4514's string form, most specific first, with spaces allowed around separators, as OpenSSL writes them.
func parseDN(s string) (dn, error) {
	if len(s) > maxDN || !utf8.ValidString(s) {
		return nil, errDN
	}
	p := &dnParser{s: s}
	var out dn
	for {
		one, err := p.rdn()
		if err != nil {
			return nil, err
		}
		out = append(out, one)
		if p.s == "" {
			slices.Reverse(out)
			return out, nil
		}
		p.s = p.s[1:] // the comma
	}
}

type dnParser struct{ s string }

// rdn reads attributes with + between them, up to a comma or the end.
func (p *dnParser) rdn() (rdn, error) {
	var out rdn
	for {
		a, err := p.attribute()
		if err != nil {
			return nil, err
		}
		out = append(out, a)
		if p.s == "" || p.s[0] == ',' {
			return out, nil
		}
		p.s = p.s[1:] // the plus
	}
}

func (p *dnParser) attribute() (attribute, error) {
	typ, rest, ok := strings.Cut(p.s, "=")
	if !ok {
		return attribute{}, errDN
	}
	oid, err := oidOf(strings.Trim(typ, " "))
	if err != nil {
		return attribute{}, err
	}
	p.s = strings.TrimLeft(rest, " ")
	if strings.HasPrefix(p.s, "#") {
		return p.hexValue(oid)
	}
	return p.textValue(oid)
}

// oidOf knows short names and dotted numbers.
func oidOf(typ string) (string, error) {
	if oid, ok := types[strings.ToLower(typ)]; ok {
		return oid, nil
	}
	parts := strings.Split(typ, ".")
	for _, n := range parts {
		if _, err := strconv.ParseUint(n, 10, 32); err != nil || n != "0" && (n[0] == '0' || n[0] == '+') {
			return "", errDN
		}
	}
	if len(parts) < 2 {
		return "", errDN
	}
	return typ, nil
}

func (p *dnParser) hexValue(oid string) (attribute, error) {
	end := strings.IndexAny(p.s, ",+")
	if end < 0 {
		end = len(p.s)
	}
	der, err := hex.DecodeString(strings.TrimRight(p.s[1:end], " "))
	if err != nil {
		return attribute{}, errDN
	}
	var value asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &value); err != nil || len(rest) > 0 {
		return attribute{}, errDN
	}
	p.s = p.s[end:]
	return derAttribute(oid, der), nil
}

// textValue reads up to an unescaped comma or plus. Characters that RFC 4514 wants escaped are refused bare.
func (p *dnParser) textValue(oid string) (attribute, error) {
	var b strings.Builder
	i := 0
	for ; i < len(p.s) && p.s[i] != ',' && p.s[i] != '+'; i++ {
		switch c := p.s[i]; {
		case c == '\\':
			raw, n := unescape(p.s[i+1:])
			if n == 0 {
				return attribute{}, errDN
			}
			b.WriteByte(raw)
			i += n
		case strings.IndexByte("\"<>;\x00", c) >= 0:
			return attribute{}, errDN
		default:
			b.WriteByte(c)
		}
	}
	p.s = p.s[i:]
	if !utf8.ValidString(b.String()) {
		return attribute{}, errDN
	}
	text := textOf(b.String())
	if text == "" {
		return attribute{}, errDN
	}
	return attribute{oid: oid, text: text}, nil
}

// unescape reads what follows a backslash: a special character or two hexadecimal digits, and says how many bytes that took.
func unescape(s string) (c byte, n int) {
	if s == "" {
		return 0, 0
	}
	if strings.IndexByte(` "#+,;<=>\`, s[0]) >= 0 {
		return s[0], 1
	}
	if len(s) < 2 {
		return 0, 0
	}
	raw, err := hex.DecodeString(s[:2])
	if err != nil {
		return 0, 0
	}
	return raw[0], 2
}

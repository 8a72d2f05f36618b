package mtls

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
)

// subject is a certificate's subject as DER, least specific first.
func subject(t *testing.T, sets ...pkix.RelativeDistinguishedNameSET) dn {
	t.Helper()
	der, err := asn1.Marshal(pkix.RDNSequence(sets))
	if err != nil {
		t.Fatal(err)
	}
	d, err := subjectOf(der)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func set(pairs ...any) pkix.RelativeDistinguishedNameSET {
	var out pkix.RelativeDistinguishedNameSET
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, pkix.AttributeTypeAndValue{Type: pairs[i].(asn1.ObjectIdentifier), Value: pairs[i+1]})
	}
	return out
}

var ( // attribute types
	c  = asn1.ObjectIdentifier{2, 5, 4, 6}
	o  = asn1.ObjectIdentifier{2, 5, 4, 10}
	ou = asn1.ObjectIdentifier{2, 5, 4, 11}
	cn = asn1.ObjectIdentifier{2, 5, 4, 3}
	dc = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}
)

func TestDistinguishedNamesMatch(t *testing.T) {
	acme := subject(t, set(c, "DE"), set(o, "Acme, Inc."), set(ou, "Files", cn, "app"))
	for _, s := range []string{
		`CN=app+OU=Files,O=Acme\, Inc.,C=DE`, `OU=Files+CN=app,O=Acme\2c Inc.,C=DE`, `cn=APP + ou=files , o=ACME\,  inc. , c=de`, `2.5.4.3=app+2.5.4.11=Files,2.5.4.10=Acme\2C Inc.,2.5.4.6=DE`,
		`CN=app+OU=Files,O=#130a41636d652c20496e632e,C=DE`, `CN=app+OU=Files,O=\ Acme\, Inc.\ ,C=DE`,
	} {
		d, err := parseDN(s)
		if err != nil || !acme.equal(d) || !d.equal(acme) {
			t.Errorf("%s: %v %v", s, d, err)
		}
	}
	for _, s := range []string{
		`CN=app,OU=Files,O=Acme\, Inc.,C=DE`, `C=DE,O=Acme\, Inc.,CN=app+OU=Files`, `CN=app+OU=Files,O=Acme\, Inc.`, `CN=app+OU=Files+OU=Files,O=Acme\, Inc.,C=DE`, `CN=app+CN=app,O=Acme\, Inc.,C=DE`,
		`CN=app+OU=Files,O=Acme\,Inc.,C=DE`, `CN=app+OU=Files,O=#04024142,C=DE`, `CN=аpp+OU=Files,O=Acme\, Inc.,C=DE`,
	} {
		if d, err := parseDN(s); err != nil || acme.equal(d) {
			t.Errorf("%s: %v %v", s, d, err)
		}
	}
	for name, pair := range map[string][2]any{
		"umlauts": {subject(t, set(o, "Müller AG")), `O=m\c3\bcller ag`}, "components": {subject(t, set(dc, "test"), set(dc, "acme"), set(cn, "x")), `CN=x,DC=acme,DC=test`},
		"a number": {subject(t, set(cn, 5)), `CN=#020105`}, "sharp s": {subject(t, set(o, "STRASSE")), `O=Straße`},
	} {
		if d, err := parseDN(pair[1].(string)); err != nil || !pair[0].(dn).equal(d) {
			t.Errorf("%s: %v %v", name, d, err)
		}
	}
	if (dn{}).equal(dn{}) {
		t.Error("an empty subject matches")
	}
}

func TestDistinguishedNamesThatAreNone(t *testing.T) {
	for _, s := range []string{
		"", "app", "=app", "CN=", "CN=app,", ",CN=app", "CN=app,,C=DE", "CN=app+", "+CN=app", `CN=a"b`, "CN=a;C=DE", "CN=a<b", `CN=a\`, `CN=a\zz`, `CN=a\f`, `CN=\ff`, "CN=#", "CN=#1", "CN=#zz", "CN=#0201",
		"NOPE=x", "1=x", "1.=x", "01.2=x", "+1.2=x", "CN=\x00", "CN=\xff", "CN= ", strings.Repeat("CN=a,", 300) + "C=DE",
	} {
		if d, err := parseDN(s); err == nil {
			t.Errorf("%q: %v", s, d)
		}
	}
	for _, der := range []string{"", "\x30", "\x30\x02\x31\x00", "\x31\x00", "\x30\x00\x00", "\x30\x04\x31\x02\x30\x00"} {
		if d, err := subjectOf([]byte(der)); err == nil && len(d) > 0 {
			t.Errorf("%x: %v", der, d)
		}
	}
}

func FuzzParseDN(f *testing.F) {
	for _, s := range []string{`CN=app+OU=Files,O=Acme\, Inc.,C=DE`, `2.5.4.3=\41,C=#13024445`, `CN=\c3\bc`, `O= a  b ,C=x`, "CN=a;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDN(s)
		if err != nil {
			return
		}
		if len(d) == 0 || !d.equal(d) {
			t.Errorf("%q is %v, which is not itself", s, d)
		}
		if longer, err := parseDN(s + ",CN=more"); err == nil && d.equal(longer) {
			t.Errorf("%q equals what is longer", s)
		}
	})
}

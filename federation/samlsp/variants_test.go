package samlsp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// Harmless variants: none of them may be refused, however they are combined.
func TestVariantsAreAccepted(t *testing.T) {
	gcm, cbc, sha256, mixed := xmlenc.OAEP(), xmlenc.OAEP(), xmlenc.OAEP_SHA256(), xmlenc.OAEP()
	gcm.BlockCipher, cbc.BlockCipher, sha256.BlockCipher, mixed.BlockCipher = xmlenc.AES256GCM, xmlenc.AES128CBC, xmlenc.AES128GCM, xmlenc.AES256CBC
	mixed.DigestMethod = xmlenc.SHA1
	ciphers := map[string]*xmlenc.RSA{"plain": nil, "gcm": &gcm, "cbc": &cbc, "sha256": &sha256, "mgf1p": &mixed}
	prefixes := [][3]string{{"samlp", "saml", "ds"}, {"saml2p", "saml2", "ds"}, {"", "saml", "dsig"}, {"samlp", "", ""}, {"a", "b", ""}}
	w, n := newWorld(t), 0
	for name, cipher := range ciphers {
		for i, p := range prefixes {
			for _, who := range []string{"response", "assertion", "both"} {
				for _, gap := range []string{"", "\n  ", "\r\n\t"} {
					r := answer()
					r.p, r.a, r.s, r.gap, r.encrypt = p[0], p[1], p[2], gap, cipher
					r.fill()
					if who != "assertion" {
						r.signResponse = signedBy(idpPair())
					}
					if who == "response" {
						r.signAssertion = nil
					}
					w.forget()
					if _, err := w.c.Complete(t.Context(), arrival(r.bytes(t))); err != nil {
						t.Errorf("%s, prefixes %d, %s signed, gap %q: %v", name, i, who, gap, err)
					}
					n++
				}
			}
		}
	}
	t.Logf("%d variants", n)
}

func TestVariantsOfSigning(t *testing.T) {
	for name, change := range map[string]func(*response){
		"sha384": signs(func(s *signing) {
			s.method, s.digest = samlxml.RSASHA384, "http://www.w3.org/2001/04/xmldsig-more#sha384"
		}),
		"sha512": signs(func(s *signing) { s.method, s.digest = samlxml.RSASHA512, samlxml.NSEncrypt+"sha512" }),
		"curve":  signs(func(s *signing) { s.pair, s.method = curvedPair(), samlxml.ECDSASHA256 }),
		"curve sha512": signs(func(s *signing) {
			s.pair, s.method, s.digest = curvedPair(), samlxml.ECDSASHA512, samlxml.NSEncrypt+"sha512"
		}),
		"key info": signs(func(s *signing) { s.keyInfo = keyInfo(idpPair()) }),
		"key name": signs(func(s *signing) { s.keyInfo = "<ds:KeyInfo><ds:KeyName>signing</ds:KeyName></ds:KeyInfo>" }),
		"inclusive namespaces": func(r *response) {
			r.signAssertion.inclusive = "xs xsi"
			r.attributes = replaced(r.attributesOf("mail", "maria@example.org"), "<saml:AttributeValue>",
				`<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">`)
		},
		"encrypted within prefixes declared around": func(r *response) { encrypted(xmlenc.AES256GCM)(r); r.around = true },
		"no destination":   func(r *response) { r.destination = "" },
		"no issuer around": func(r *response) { r.issuer = "" },
		"many groups": func(r *response) {
			r.attributes = r.attributesOf("groups", strings.TrimSuffix(strings.Repeat("a-group-of-people|", 3000), "|"))
		},
		"white space in texts": func(r *response) { r.assertionIssuer, r.issuer = "\n "+idpName+"\n", " "+idpName },
		"one time use": func(r *response) {
			r.conditions = replaced(r.conditions, "</saml:Conditions>", `<saml:OneTimeUse/><saml:ProxyRestriction Count="1"/></saml:Conditions>`)
		},
		"two audiences": func(r *response) {
			r.conditions = replaced(r.conditions, "<saml:Audience>", `<saml:Audience>https://other.test</saml:Audience><saml:Audience>`)
		},
		"no times in the conditions": func(r *response) {
			r.conditions = replaced(r.conditions, ` NotBefore="`+stamp(0)+`"`, "")
		},
		"a second confirmation of another kind": func(r *response) {
			r.subject = replaced(r.subject, "</saml:Subject>", `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"/></saml:Subject>`)
		},
		"the same address twice": func(r *response) {
			r.attributes = r.attributesOf("mail", "maria@example.org", "email", "Maria@Example.org")
		},
		"fractions of seconds": func(r *response) { r.assertionIssued = "2026-11-30T12:00:30.1234567Z" },
		"no attributes":        func(r *response) { r.attributes = "" },
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newWorld(t, func(c *Config) { c.IDPCertificates = pemOf(idpPair(), curvedPair()) }), answer()
			change(r)
			w.accepts(arrival(r.bytes(t)))
		})
	}
}

// Forms of the same document that canonical XML makes alike.
func TestVariantsOfWriting(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"declaration":           func(s string) string { return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + s + "\n" },
		"declaration, others":   func(s string) string { return `<?xml version='1.0' encoding='utf-8' standalone='yes'?>` + s },
		"single quotes":         func(s string) string { return strings.ReplaceAll(s, `"`, `'`) },
		"empty elements":        expand,
		"spaces in tags":        func(s string) string { return strings.ReplaceAll(s, `"/>`, `"   />`) },
		"characters by number":  func(s string) string { return replaced(s, ">maria-7<", ">&#109;aria-7<") },
		"base64 in lines":       lines,
		"spaces around base64":  func(s string) string { return strings.ReplaceAll(s, "<ds:SignatureValue>", "<ds:SignatureValue>\n   ") },
		"attributes in reverse": nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			root := answer().tree(t)
			if change == nil {
				for el := range samlxml.All(root) {
					slices.Reverse(el.Attr)
				}
				change = func(s string) string { return s }
			}
			w.accepts(arrival([]byte(change(string(bytesOf(t, root))))))
		})
	}
}

// expand writes empty elements with an end of their own.
func expand(s string) string {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(s); err != nil {
		panic(err)
	}
	doc.WriteSettings.CanonicalEndTags = true
	out, err := doc.WriteToString()
	if err != nil {
		panic(err)
	}
	return out
}

// lines breaks the signature's value, as Java does.
func lines(s string) string {
	a, rest, _ := strings.Cut(s, "<ds:SignatureValue>")
	value, b, _ := strings.Cut(rest, "</ds:SignatureValue>")
	out := ""
	for chunk := range slices.Chunk([]byte(value), 76) {
		out += string(chunk) + "&#13;\n"
	}
	return a + "<ds:SignatureValue>" + out + "</ds:SignatureValue>" + b
}

// Shapes of identity providers that people have.
func TestShapesOfProviders(t *testing.T) {
	const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	gcm := xmlenc.OAEP()
	gcm.BlockCipher = xmlenc.AES128GCM
	cbc := xmlenc.OAEP()
	cbc.DigestMethod = xmlenc.SHA1
	for name, c := range map[string]struct {
		config func(*Config)
		change func(*response)
		email  string
	}{
		"ADFS": {nil, func(r *response) {
			r.p, r.a, r.s = "samlp", "", "ds"
			r.fill()
			r.encrypt = &cbc
			r.attributes = r.attributesOf(claims+"upn", "maria@corp.test", claims+"emailaddress", "maria@corp.test", "http://schemas.xmlsoap.org/claims/Group", "Staff")
		}, "maria@corp.test"},
		"Entra": {func(c *Config) { c.KeyAttribute = "http://schemas.microsoft.com/identity/claims/objectidentifier" }, func(r *response) {
			r.p, r.a, r.s = "samlp", "", ""
			r.fill()
			r.attributes = r.attributesOf("http://schemas.microsoft.com/identity/claims/tenantid", "t", "http://schemas.microsoft.com/identity/claims/objectidentifier", "o-1",
				claims+"emailaddress", "maria@corp.test", claims+"name", "maria@corp.test")
			r.signAssertion.keyInfo = `<KeyInfo><X509Data><X509Certificate>` + base64Of(idpPair()) + `</X509Certificate></X509Data></KeyInfo>`
		}, "maria@corp.test"},
		"Okta": {func(c *Config) { c.KeyFormats = []string{"unspecified"} }, func(r *response) {
			r.p, r.a, r.s = "saml2p", "saml2", "ds"
			r.fill()
			r.subject = replaced(r.subject, "2.0:nameid-format:persistent", "1.1:nameid-format:unspecified")
			r.attributes = `<saml2:AttributeStatement><saml2:Attribute Name="email" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"><saml2:AttributeValue ` +
				`xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">maria@corp.test</saml2:AttributeValue>` +
				`</saml2:Attribute></saml2:AttributeStatement>`
			r.signResponse = signedBy(idpPair())
			r.signAssertion.inclusive, r.signResponse.inclusive = "xs", "xs"
			r.signAssertion.keyInfo = keyInfo(idpPair())
		}, "maria@corp.test"},
		"Google": {func(c *Config) { c.KeyFormats = []string{"emailAddress"} }, func(r *response) {
			r.p, r.a, r.s = "saml2p", "saml2", "ds"
			r.fill()
			r.subject = replaced(replaced(r.subject, "2.0:nameid-format:persistent", "1.1:nameid-format:emailAddress"), ">maria-7<", ">maria@corp.test<")
			r.attributes, r.signResponse, r.signAssertion = "", signedBy(idpPair()), nil
			r.signResponse.keyInfo = `<ds:KeyInfo><ds:X509Data><ds:X509SubjectName>ST=California,CN=Google</ds:X509SubjectName><ds:X509Certificate>` + base64Of(idpPair()) +
				`</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
		}, "maria@corp.test"},
		"Shibboleth": {nil, func(r *response) {
			r.p, r.a, r.s = "saml2p", "saml2", "ds"
			r.fill()
			r.encrypt, r.signResponse, r.signAssertion = &gcm, signedBy(idpPair()), nil
			r.attributes = r.attributesOf("urn:oid:0.9.2342.19200300.100.1.3", "maria@corp.test", "urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "maria@corp.test",
				"urn:oid:1.3.6.1.4.1.5923.1.1.1.10", `<saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">maria-7</saml2:NameID>`)
		}, "maria@corp.test"},
		"Keycloak": {nil, func(r *response) {
			r.p, r.a, r.s = "samlp", "saml", "dsig"
			r.fill()
			r.signResponse, r.encrypt = signedBy(idpPair()), &gcm
			r.signResponse.keyInfo = `<dsig:KeyInfo><dsig:KeyName>k</dsig:KeyName><dsig:X509Data><dsig:X509Certificate>` + base64Of(idpPair()) +
				`</dsig:X509Certificate></dsig:X509Data><dsig:KeyValue><dsig:RSAKeyValue/></dsig:KeyValue></dsig:KeyInfo>`
			r.attributes = r.attributesOf("email", "maria@corp.test", "Role", "view-profile|offline_access")
		}, "maria@corp.test"},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newWorld(t), answer()
			if c.config != nil {
				w = newWorld(t, c.config)
			}
			c.change(r)
			if id := w.accepts(arrival(r.bytes(t))); fmt.Sprint(id.Profile["email"]) != c.email {
				t.Errorf("profile %v", id.Profile)
			}
		})
	}
}

// Our own keys change: what was encrypted for the next or the last one can still be read.
func TestOurKeysChange(t *testing.T) {
	w, r := newWorld(t), answer()
	encrypted(xmlenc.AES256GCM)(r)
	next := ownNext()
	r.pair = next
	w.refuses(arrival(r.bytes(t)), "saml_response.decrypted")
	w.keys.pairs.Next = &next
	w.accepts(arrival(r.bytes(t)))
	w.forget()
	w.keys.pairs.Next, w.keys.pairs.Last = nil, &next
	w.accepts(arrival(r.bytes(t)))
}

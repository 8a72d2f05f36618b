package samlsp

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/federation"
)

// attack is one change to a response that the same test sees accepted, and the row that must refuse it.
type attack struct {
	name   string
	check  string
	config func(*Config)
	before func(*response)           // what the good response is like
	change func(*response)           // what the identity provider says
	tree   func(root *etree.Element) // what is done to it afterwards
	raw    func(string) string
	come   func(*federation.Arrival)
	at     time.Duration // how much later it comes
}

// run sees the unchanged response accepted, and the changed one refused by its row.
func run(t *testing.T, attacks []attack) {
	t.Helper()
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) {
				if a.config != nil {
					a.config(c)
				}
			})
			good := answer()
			if a.before != nil {
				a.before(good)
			}
			w.accepts(arrival(good.bytes(t)))
			w.forget()
			if a.change != nil {
				a.change(good)
			}
			root := good.tree(t)
			if a.tree != nil {
				a.tree(root)
			}
			raw := string(bytesOf(t, root))
			if a.raw != nil {
				raw = a.raw(raw)
			}
			came := arrival([]byte(raw))
			if a.come != nil {
				a.come(&came)
			}
			w.now = w.now.Add(a.at)
			w.refuses(came, a.check)
			if len(w.ledger.used) > 0 {
				t.Error("something was spent")
			}
		})
	}
}

func bothSigned(r *response)     { r.signResponse = signedBy(idpPair()) }
func responseSigned(r *response) { r.signResponse, r.signAssertion = signedBy(idpPair()), nil }

// evil is a copy of an assertion, for somebody else.
func evil(at *etree.Element, id string) *etree.Element {
	out := detached(at)
	if sig := child(out, nsSignature, "Signature"); sig != nil {
		out.RemoveChild(sig)
	}
	setID(out, id)
	child(child(out, nsAssertion, "Subject"), nsAssertion, "NameID").SetText("victim")
	return out
}

func setID(el *etree.Element, id string) {
	for i, a := range el.Attr {
		if a.Space == "" && a.Key == "ID" {
			el.Attr[i].Value = id
		}
	}
}

func assertionOf(root *etree.Element) *etree.Element { return child(root, nsAssertion, "Assertion") }
func signatureOf(el *etree.Element) *etree.Element   { return child(el, nsSignature, "Signature") }

// evilResponse is the root with an evil assertion and a new ID; the original as it was is returned.
func evilResponse(root *etree.Element) (original *etree.Element) {
	original = detached(root)
	setID(root, "_evil")
	at := assertionOf(root)
	root.InsertChildAt(at.Index(), evil(at, "_evil_assertion"))
	root.RemoveChild(at)
	return original
}

// SA01: the signed response is wrapped by another.
func TestSA01_WrappedResponse(t *testing.T) {
	run(t, []attack{
		{name: "XSW1: the original within the signature", check: "saml_document.ids", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			signatureOf(root).AddChild(original)
			setID(root, "_response")
		}},
		{name: "XSW1 with another ID", check: "saml_response.signatures", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			signatureOf(root).AddChild(original)
		}},
		{name: "XSW1, the signature of the original gone", check: "saml_signature.parts", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			original.RemoveChild(signatureOf(original))
			signatureOf(root).AddChild(original)
		}},
		{name: "XSW2: the original before the signature", check: "saml_response.signatures", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			root.InsertChildAt(signatureOf(root).Index(), original)
		}},
		{name: "XSW2, the signature of the original gone", check: "saml_signature.reference", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			original.RemoveChild(signatureOf(original))
			root.InsertChildAt(signatureOf(root).Index(), original)
		}},
		{name: "a changed response", check: "saml_signature.value", before: responseSigned, tree: func(root *etree.Element) {
			child(child(assertionOf(root), nsAssertion, "Subject"), nsAssertion, "NameID").SetText("victim")
		}},
		{name: "an ID with a prefix before the ID", check: "saml_document.ids", before: responseSigned, tree: func(root *etree.Element) {
			root.Attr = append([]etree.Attr{{Space: "samlp", Key: "ID", Value: "_other"}}, root.Attr...)
		}},
		{name: "an ID in other letters", check: "saml_document.ids", before: responseSigned, tree: func(root *etree.Element) {
			assertionOf(root).CreateAttr("Id", "_response")
		}},
	})
}

// SA02: another assertion beside, around or within the signed one.
func TestSA02_WrappedAssertion(t *testing.T) {
	run(t, []attack{
		{name: "XSW3: before the original", check: "saml_response.assertions", tree: func(root *etree.Element) {
			at := assertionOf(root)
			root.InsertChildAt(at.Index(), evil(at, "_evil"))
		}},
		{name: "XSW4: around the original", check: "saml_response.signatures", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_evil")
			root.InsertChildAt(at.Index(), e)
			root.RemoveChild(at)
			e.AddChild(at)
		}},
		{name: "XSW4 without the original's signature", check: "saml_response.assertions", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_evil")
			root.InsertChildAt(at.Index(), e)
			e.InsertChildAt(1, signatureOf(at))
			root.RemoveChild(at)
			e.AddChild(at)
		}},
		{name: "XSW5: the signature in the evil one, the original last", check: "saml_response.assertions", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_evil")
			e.InsertChildAt(1, signatureOf(at))
			root.InsertChildAt(at.Index(), e)
		}},
		{name: "XSW6: the original within the signature of the evil one", check: "saml_response.assertions", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_evil")
			sig := signatureOf(at)
			e.InsertChildAt(1, sig)
			root.InsertChildAt(at.Index(), e)
			root.RemoveChild(at)
			sig.AddChild(at)
		}},
		{name: "the signature of another element", check: "saml_signature.reference", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_evil")
			e.InsertChildAt(1, signatureOf(at))
			root.InsertChildAt(at.Index(), e)
			root.RemoveChild(at)
		}},
		{name: "the same ID", check: "saml_signature.value", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_assertion")
			e.InsertChildAt(1, signatureOf(at))
			root.InsertChildAt(at.Index(), e)
			root.RemoveChild(at)
		}},
		{name: "the same ID twice", check: "saml_document.ids", tree: func(root *etree.Element) {
			at := assertionOf(root)
			root.InsertChildAt(at.Index(), evil(at, "_assertion"))
		}},
	})
}

// SA03: another assertion where extensions, objects and advice may hold anything.
func TestSA03_WrappedInExtensions(t *testing.T) {
	wrap := func(tag string, also ...string) func(*etree.Element) {
		return func(root *etree.Element) {
			box := etree.NewElement(tag)
			for i := 0; i+1 < len(also); i += 2 {
				box.CreateAttr(also[i], also[i+1])
			}
			at := assertionOf(root)
			box.AddChild(evil(at, "_evil"))
			root.InsertChildAt(1, box)
		}
	}
	gcm := xmlenc.OAEP()
	gcm.BlockCipher = xmlenc.AES256GCM
	run(t, []attack{
		{name: "XSW7: Extensions", check: "saml_response.assertions", tree: wrap("samlp:Extensions")},
		{name: "Extensions with a signature in it", check: "saml_response.signatures", tree: func(root *etree.Element) {
			box := etree.NewElement("samlp:Extensions")
			box.AddChild(detached(assertionOf(root)))
			setID(box.ChildElements()[0], "_copy")
			root.InsertChildAt(1, box)
		}},
		{name: "XSW8: Object", check: "saml_signature.parts", before: bothSigned, tree: func(root *etree.Element) {
			box := etree.NewElement("ds:Object")
			box.AddChild(etree.NewElement("ds:Manifest"))
			signatureOf(root).AddChild(box)
		}},
		{name: "XSW8: Object with an assertion", check: "saml_response.assertions", tree: func(root *etree.Element) {
			at := assertionOf(root)
			box := etree.NewElement("ds:Object")
			box.AddChild(evil(at, "_evil"))
			signatureOf(at).AddChild(box)
		}},
		{name: "XSW9: within Status", check: "saml_response.assertions", tree: func(root *etree.Element) {
			box := etree.NewElement("samlp:StatusDetail")
			box.AddChild(evil(assertionOf(root), "_evil"))
			child(root, nsProtocol, "Status").AddChild(box)
		}},
		{name: "advice", check: "saml_response.assertions", change: func(r *response) {
			r.advice = `<saml:Advice><saml:Assertion ID="_other" Version="2.0"/></saml:Advice>`
		}},
		{name: "advice that was encrypted", check: "saml_response.assertion_signatures", before: func(r *response) { r.encrypt = &gcm }, change: func(r *response) {
			r.advice = `<saml:Advice><saml:Assertion ID="_other" Version="2.0"/></saml:Advice>`
		}},
		{name: "a second signature that was encrypted", check: "saml_response.assertion_signatures", before: func(r *response) { r.encrypt = &gcm }, change: func(r *response) {
			r.advice = `<saml:Advice><ds:Signature xmlns:ds="` + nsSignature + `"/></saml:Advice>`
		}},
	})
}

// SA04: texts that are cut in two, or that other readers read otherwise.
func TestSA04_CommentsInNames(t *testing.T) {
	name := func(value string) func(string) string {
		return func(raw string) string { return replaced(raw, ">maria-7<", ">"+value+"<") }
	}
	run(t, []attack{
		{name: "comment in the name", check: "saml_document.markup", raw: name("maria-7<!---->.evil")},
		{name: "comment that changes nothing", check: "saml_document.markup", raw: name("maria<!-- -->-7")},
		{name: "comment in the address", check: "saml_document.markup", raw: func(raw string) string {
			return replaced(raw, ">maria@example.org<", ">maria@example.org<!-- -->.evil.test<")
		}},
		{name: "processing instruction", check: "saml_document.markup", raw: name("maria-7<?x?>.evil")},
		{name: "CDATA", check: "saml_document.markup", raw: name("<![CDATA[maria-7]]>")},
		{name: "entity", check: "saml_document.well_formed", raw: name("&maria;")},
		{name: "an element in the name", check: "saml_assertion.name_id", change: func(r *response) {
			r.subject = replaced(r.subject, ">maria-7<", ">maria-7<saml:x></saml:x>.evil<")
		}},
	})
	// A reference to a character is text like any other, and the whole text is used.
	w := newWorld(t)
	if id := w.accepts(arrival([]byte(replaced(string(answer().bytes(t)), ">maria-7<", ">m&#97;ria&#45;7<")))); !strings.HasSuffix(id.Key, `"maria-7"]`) {
		t.Errorf("got %s", id.Key)
	}
}

// SA05: two assertions, or none.
func TestSA05_TwoAssertions(t *testing.T) {
	second := `<saml:Assertion xmlns:saml="` + nsAssertion + `" ID="_second" Version="2.0"/>`
	run(t, []attack{
		{name: "an unsigned one first", check: "saml_response.assertions", change: func(r *response) { r.beforeAssertion = second }},
		{name: "an unsigned one last", check: "saml_response.assertions", change: func(r *response) { r.afterContent = second }},
		{name: "an encrypted one too", check: "saml_response.assertions", change: func(r *response) {
			r.afterContent = `<saml:EncryptedAssertion xmlns:saml="` + nsAssertion + `"/>`
		}},
		{name: "two that are signed together", check: "saml_response.assertions", before: responseSigned, change: func(r *response) { r.afterContent = second }},
		{name: "none", check: "saml_response.assertions", before: func(r *response) {}, tree: func(root *etree.Element) { root.RemoveChild(assertionOf(root)) }},
		{name: "no signature at all", check: "saml_response.signed", change: func(r *response) { r.signAssertion = nil }},
		{name: "no signature in an encrypted one", check: "saml_response.signed", before: encrypted(xmlenc.AES256GCM), change: func(r *response) { r.signAssertion = nil }},
	})
}

func encrypted(cipher xmlenc.BlockCipher) func(*response) {
	return func(r *response) {
		e := xmlenc.OAEP()
		e.BlockCipher = cipher
		r.encrypt = &e
	}
}

// SA07: document types, encodings, and what stands around the document.
func TestSA07_DoctypeAndEncoding(t *testing.T) {
	before := func(s string) func(string) string { return func(raw string) string { return s + raw } }
	after := func(s string) func(string) string { return func(raw string) string { return raw + s } }
	laughs := `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>`
	wide := func(raw string) string {
		var b strings.Builder
		for _, c := range []byte(raw) {
			b.Write([]byte{c, 0})
		}
		return "\xff\xfe" + b.String()
	}
	run(t, []attack{
		{name: "document type", check: "saml_document.markup", raw: before(`<!DOCTYPE x>`)},
		{name: "external document type", check: "saml_document.markup", raw: before(`<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">`)},
		{name: "billion laughs", check: "saml_document.markup", raw: before(laughs)},
		{name: "UTF-16", check: "saml_document.encoding", raw: wide},
		{name: "UTF-16 without a mark", check: "saml_document.encoding", raw: func(s string) string { return wide(s)[2:] }},
		{name: "UTF-7", check: "saml_document.markup", raw: before(`<?xml version="1.0" encoding="UTF-7"?>`)},
		{name: "Latin-1", check: "saml_document.markup", raw: before(`<?xml version='1.0' encoding='ISO-8859-1'?>`)},
		{name: "byte order mark", check: "saml_document.encoding", raw: before("\xef\xbb\xbf")},
		{name: "text before", check: "saml_document.encoding", raw: before("x")},
		{name: "text after", check: "saml_document.encoding", raw: after("x")},
		{name: "another root", check: "saml_document.well_formed", raw: after("<x/>")},
		{name: "another root before", check: "saml_document.well_formed", raw: before("<x/>")},
		{name: "text between roots", check: "saml_document.well_formed", raw: after("x<x/>")},
		{name: "another end", check: "saml_document.well_formed", raw: func(s string) string { return strings.TrimSuffix(s, "</samlp:Response>") + "</Response>" }},
		{name: "bytes that are no text", check: "saml_document.encoding", raw: func(s string) string { return replaced(s, ">maria-7<", ">maria\xc0\x80<") }},
	})
}

// SA08: what Go's XML reader and writer change.
func TestSA08_RoundTrips(t *testing.T) {
	run(t, []attack{
		{name: "two colons", check: "saml_document.stable", raw: func(s string) string { return replaced(s, `<samlp:Status>`, `<samlp:Status x::y="z">`) }},
		{name: "two colons of an element", check: "saml_document.stable", raw: func(s string) string { return replaced(s, `<samlp:Status>`, `<samlp:Status><x::y/>`) }},
		{name: "a letter that XML does not have", check: "saml_document.stable", raw: func(s string) string { return replaced(s, `>maria-7<`, ">maria\x01<") }},
		{name: "the end of CDATA", check: "saml_document.stable", raw: func(s string) string { return replaced(s, `>maria-7<`, ">maria]]><") }},
		{name: "an empty prefix", check: "saml_document.prefixes", raw: func(s string) string { return replaced(s, `<samlp:Status>`, `<samlp:Status :x="y">`) }},
		{name: "an empty prefix of an element", check: "saml_document.prefixes", raw: func(s string) string { return replaced(s, `<samlp:Status>`, `<samlp:Status><:x/>`) }},
		{name: "a prefix without a name", check: "saml_document.prefixes", raw: func(s string) string { return replaced(s, `<samlp:Status>`, `<samlp:Status x:="y">`) }},
		{name: "an attribute twice", check: "saml_document.attributes", raw: func(s string) string { return replaced(s, ` ID="_response"`, ` ID="_response" ID="_response"`) }},
		{name: "an attribute twice by two prefixes", check: "saml_document.attributes", raw: func(s string) string {
			return replaced(s, `<samlp:Status>`, `<samlp:Status xmlns:a="urn:x" xmlns:b="urn:x" a:y="1" b:y="2">`)
		}},
		{name: "an undeclared prefix", check: "saml_document.prefixes", raw: func(s string) string {
			return replaced(replaced(s, `<samlp:Status>`, `<other:Status>`), `</samlp:Status>`, `</other:Status>`)
		}},
		{name: "an undeclared prefix of an attribute", check: "saml_document.prefixes", raw: func(s string) string {
			return replaced(s, `<samlp:Status>`, `<samlp:Status other:x="1">`)
		}},
		{name: "a reserved prefix", check: "saml_document.prefixes", raw: func(s string) string {
			return replaced(s, `<samlp:Status>`, `<samlp:Status xmlns:xml="urn:x">`)
		}},
	})
}

// SA20: sizes and what grows.
func TestSA20_Sizes(t *testing.T) {
	many := func(n int, s string) func(string) string {
		return func(raw string) string { return replaced(raw, "<samlp:Status>", "<samlp:Status>"+strings.Repeat(s, n)) }
	}
	run(t, []attack{
		{name: "5 MB", check: "saml_response.field", raw: many(5<<20, " ")},
		{name: "more than 1 MiB", check: "saml_document.size", raw: many(1<<20, " ")},
		{name: "many elements", check: "saml_document.bounds", raw: many(mostElements, "<x/>")},
		{name: "deep elements", check: "saml_document.well_formed", raw: func(s string) string {
			return replaced(s, "<samlp:Status>", "<samlp:Status>"+strings.Repeat("<x>", 40)+strings.Repeat("</x>", 40))
		}},
		{name: "many namespaces", check: "saml_document.bounds", raw: func(s string) string {
			return replaced(s, "<samlp:Status>", "<samlp:Status"+manyPrefixes(70)+">")
		}},
		{name: "nothing", check: "saml_document.size", raw: func(string) string { return "" }},
		{name: "no base64", check: "saml_response.field", come: func(a *federation.Arrival) { a.Params.Set("SAMLResponse", "%%%") }},
		{name: "two fields", check: "saml_response.field", come: func(a *federation.Arrival) {
			a.Params["SAMLResponse"] = append(a.Params["SAMLResponse"], a.Params["SAMLResponse"]...)
		}},
		{name: "no field", check: "saml_response.field", come: func(a *federation.Arrival) { a.Params = url.Values{"RelayState": {ourState}} }},
		{name: "a query", check: "saml_response.binding", come: func(a *federation.Arrival) { a.Method = "GET" }},
	})
}

func manyPrefixes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(` xmlns:p` + base64.RawURLEncoding.EncodeToString([]byte{byte(i), 1}) + `="urn:x"`)
	}
	return b.String()
}

package samlsp

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
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
	out := samlxml.Detached(at)
	if sig := samlxml.Child(out, samlxml.NSSignature, "Signature"); sig != nil {
		out.RemoveChild(sig)
	}
	setID(out, id)
	samlxml.Child(samlxml.Child(out, samlxml.NSAssertion, "Subject"), samlxml.NSAssertion, "NameID").SetText("victim")
	return out
}

func setID(el *etree.Element, id string) {
	for i, a := range el.Attr {
		if a.Space == "" && a.Key == "ID" {
			el.Attr[i].Value = id
		}
	}
}

func assertionOf(root *etree.Element) *etree.Element {
	return samlxml.Child(root, samlxml.NSAssertion, "Assertion")
}
func signatureOf(el *etree.Element) *etree.Element {
	return samlxml.Child(el, samlxml.NSSignature, "Signature")
}

// evilResponse is the root with an evil assertion and a new ID; the original as it was is returned.
func evilResponse(root *etree.Element) (original *etree.Element) {
	original = samlxml.Detached(root)
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
		{name: "XSW1, the signature of the original gone", check: "saml_response.wrapped", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			original.RemoveChild(signatureOf(original))
			signatureOf(root).AddChild(original)
		}},
		{name: "XSW2: the original before the signature", check: "saml_response.signatures", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			root.InsertChildAt(signatureOf(root).Index(), original)
		}},
		{name: "XSW2, the signature of the original gone", check: "saml_response.wrapped", before: responseSigned, tree: func(root *etree.Element) {
			original := evilResponse(root)
			original.RemoveChild(signatureOf(original))
			root.InsertChildAt(signatureOf(root).Index(), original)
		}},
		{name: "a changed response", check: "saml_signature.value", before: responseSigned, tree: func(root *etree.Element) {
			samlxml.Child(samlxml.Child(assertionOf(root), samlxml.NSAssertion, "Subject"), samlxml.NSAssertion, "NameID").SetText("victim")
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
		{name: "XSW3: before the original", check: "saml_response.wrapped", tree: func(root *etree.Element) {
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
		{name: "XSW4 without the original's signature", check: "saml_response.wrapped", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_evil")
			root.InsertChildAt(at.Index(), e)
			e.InsertChildAt(1, signatureOf(at))
			root.RemoveChild(at)
			e.AddChild(at)
		}},
		{name: "XSW5: the signature in the evil one, the original last", check: "saml_response.wrapped", tree: func(root *etree.Element) {
			at := assertionOf(root)
			e := evil(at, "_evil")
			e.InsertChildAt(1, signatureOf(at))
			root.InsertChildAt(at.Index(), e)
		}},
		{name: "XSW6: the original within the signature of the evil one", check: "saml_response.wrapped", tree: func(root *etree.Element) {
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
		{name: "XSW7: Extensions", check: "saml_response.wrapped", tree: wrap("samlp:Extensions")},
		{name: "Extensions with a signature in it", check: "saml_response.signatures", tree: func(root *etree.Element) {
			box := etree.NewElement("samlp:Extensions")
			box.AddChild(samlxml.Detached(assertionOf(root)))
			setID(box.ChildElements()[0], "_copy")
			root.InsertChildAt(1, box)
		}},
		{name: "XSW8: Object", check: "saml_signature.parts", before: bothSigned, tree: func(root *etree.Element) {
			box := etree.NewElement("ds:Object")
			box.AddChild(etree.NewElement("ds:Manifest"))
			signatureOf(root).AddChild(box)
		}},
		{name: "XSW8: Object with an assertion", check: "saml_response.wrapped", tree: func(root *etree.Element) {
			at := assertionOf(root)
			box := etree.NewElement("ds:Object")
			box.AddChild(evil(at, "_evil"))
			signatureOf(at).AddChild(box)
		}},
		{name: "XSW9: within Status", check: "saml_response.wrapped", tree: func(root *etree.Element) {
			box := etree.NewElement("samlp:StatusDetail")
			box.AddChild(evil(assertionOf(root), "_evil"))
			samlxml.Child(root, samlxml.NSProtocol, "Status").AddChild(box)
		}},
		{name: "advice", check: "saml_response.wrapped", change: func(r *response) {
			r.advice = `<saml:Advice><saml:Assertion ID="_other" Version="2.0"/></saml:Advice>`
		}},
		{name: "advice that was encrypted", check: "saml_response.assertion_signatures", before: func(r *response) { r.encrypt = &gcm }, change: func(r *response) {
			r.advice = `<saml:Advice><saml:Assertion ID="_other" Version="2.0"/></saml:Advice>`
		}},
		{name: "a second signature that was encrypted", check: "saml_response.assertion_signatures", before: func(r *response) { r.encrypt = &gcm }, change: func(r *response) {
			r.advice = `<saml:Advice><ds:Signature xmlns:ds="` + samlxml.NSSignature + `"/></saml:Advice>`
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
	second := `<saml:Assertion xmlns:saml="` + samlxml.NSAssertion + `" ID="_second" Version="2.0"/>`
	run(t, []attack{
		{name: "an unsigned one first", check: "saml_response.wrapped", change: func(r *response) { r.beforeAssertion = second }},
		{name: "an unsigned one last", check: "saml_response.wrapped", change: func(r *response) { r.afterContent = second }},
		{name: "an encrypted one too", check: "saml_response.wrapped", change: func(r *response) {
			r.afterContent = `<saml:EncryptedAssertion xmlns:saml="` + samlxml.NSAssertion + `"/>`
		}},
		{name: "two that are signed together", check: "saml_response.wrapped", before: responseSigned, change: func(r *response) { r.afterContent = second }},
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

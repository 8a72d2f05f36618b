package samlsp

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

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
		{name: "many elements", check: "saml_document.bounds", raw: many(2*samlxml.MostElements, "<x/>")},
		{name: "deep elements", check: "saml_document.well_formed", raw: func(s string) string {
			return replaced(s, "<samlp:Status>", "<samlp:Status>"+strings.Repeat("<x>", 40)+strings.Repeat("</x>", 40))
		}},
		{name: "many attributes", check: "saml_document.bounds", raw: func(s string) string {
			return replaced(s, "<samlp:Status>", "<samlp:Status"+strings.Repeat(` a=">"`, samlxml.MostAttributes+1)+">")
		}},
		{name: "many namespaces", check: "saml_document.namespaces", raw: func(s string) string {
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

package samlsp

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// resolver is the identity provider's side of artifacts.
type resolver struct {
	t      *testing.T
	to     string
	answer func(id string) string // nil: away
}

func (r *resolver) Post(_ context.Context, to, contentType string, body []byte) ([]byte, error) {
	if r.to = to; r.answer == nil {
		return nil, errs.New(errs.Unavailable, "")
	}
	asked := samlxml.Child(samlxml.Child(treeOf(r.t, string(body)), nsSOAP, "Body"), samlxml.NSProtocol, "ArtifactResolve")
	if _, err := verify(r.t.Context(), asked, []*x509.Certificate{ownPair().Certificate}, began()); err != nil || !strings.HasPrefix(contentType, "text/xml") {
		r.t.Errorf("what we asked: %v", err)
	}
	return []byte(r.answer(samlxml.Attribute(asked, "ID"))), nil
}

// inEnvelope is an answer with this in it.
func inEnvelope(id, issuer, status, inner string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="` + nsSOAP + `"><S:Body><p:ArtifactResponse xmlns:p="` + samlxml.NSProtocol + `" xmlns:a="` + samlxml.NSAssertion +
		`" ID="_ar" Version="2.0" InResponseTo="` + id + `"><a:Issuer>` + issuer + `</a:Issuer><p:Status><p:StatusCode Value="` + status + `"/></p:Status>` + inner +
		`</p:ArtifactResponse></S:Body></S:Envelope>`
}

// artifactOf is an artifact of an identity provider.
func artifactOf(kind, endpoint byte, entity string) string {
	source := sha1.Sum([]byte(entity))
	return base64.StdEncoding.EncodeToString(append(append([]byte{0, kind, 0, endpoint}, source[:]...), bytes.Repeat([]byte{7}, 20)...))
}

func artifactWorld(t *testing.T) (*world, *resolver) {
	t.Helper()
	w, r := newWorld(t), &resolver{t: t}
	text := replaced(describedBy("", idpPair()), `<md:SingleLogoutService`, `<md:ArtifactResolutionService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" `+
		`Location="https://idp.example.org/resolve" index="3"/><md:SingleLogoutService`)
	byMetadata(text)(&w.config)
	w.config.Artifacts = true
	d := w.c.deps
	d.Resolver = r
	c, err := New(t.Context(), w.config, d)
	if err != nil {
		t.Fatal(err)
	}
	w.c = c
	r.answer = func(id string) string { return inEnvelope(id, idpName, samlxml.Success, string(answer().bytes(t))) }
	return w, r
}

func byArtifact(text string) federation.Arrival {
	a := arrival(nil)
	a.Method, a.Params = "GET", url.Values{"SAMLart": {text}, "RelayState": {ourState}}
	return a
}

func TestArtifacts(t *testing.T) {
	w, r := artifactWorld(t)
	good := byArtifact(artifactOf(4, 3, idpName))
	if id := w.accepts(good); id.Profile["email"] != "maria@example.org" || r.to != "https://idp.example.org/resolve" {
		t.Errorf("%+v from %s", id, r.to)
	}
	w.refuses(good, "saml_assertion.replay")
	w.forget()
	posted := good
	posted.Method = "POST"
	w.accepts(posted)
	w.forget()
	w.accepts(arrival(answer().bytes(t))) // what is posted still counts
	d, err := w.c.Begin(t.Context(), wish())
	if err != nil {
		t.Fatal(err)
	}
	if root, _ := sent(t, d, "SAMLRequest"); samlxml.Attribute(root, "ProtocolBinding") != "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" {
		t.Error("no artifact was asked for")
	}
	if _, body, err := w.c.Metadata(t.Context()); err != nil || !strings.Contains(string(body), "HTTP-Artifact") {
		t.Errorf("metadata: %v", err)
	}
	r.answer = nil
	if _, err := w.c.Complete(t.Context(), good); !errs.Is(err, errs.Unavailable) {
		t.Errorf("away: %v", err)
	}
	newWorld(t).refuses(good, "saml_response.binding")
}

// SA15: artifacts of others, and answers to what was not asked.
func TestSA15_Artifacts(t *testing.T) {
	good := artifactOf(4, 3, idpName)
	for name, c := range map[string]struct {
		check  string
		come   func(*federation.Arrival)
		answer func(id string) string
	}{
		"of another provider": {"saml_artifact.source", func(a *federation.Arrival) { a.Params.Set("SAMLart", artifactOf(4, 3, "https://evil.test")) }, nil},
		"another endpoint":    {"saml_artifact.endpoint", func(a *federation.Arrival) { a.Params.Set("SAMLart", artifactOf(4, 9, idpName)) }, nil},
		"another type":        {"saml_artifact.field", func(a *federation.Arrival) { a.Params.Set("SAMLart", artifactOf(1, 3, idpName)) }, nil},
		"too long":            {"saml_artifact.field", func(a *federation.Arrival) { a.Params.Set("SAMLart", good+good) }, nil},
		"two":                 {"saml_artifact.field", func(a *federation.Arrival) { a.Params.Add("SAMLart", good) }, nil},
		"and a response":      {"saml_artifact.field", func(a *federation.Arrival) { a.Params.Set("SAMLResponse", "x") }, nil},
		"another state":       {"saml_artifact.relay_state", func(a *federation.Arrival) { a.Params.Set("RelayState", "x") }, nil},
		"no envelope":         {"saml_artifact.answer", nil, func(string) string { return "<x/>" }},
		"another's answer":    {"saml_artifact.issuer", nil, func(id string) string { return inEnvelope(id, "https://evil.test", samlxml.Success, "") }},
		"another question":    {"saml_artifact.in_response_to", nil, func(string) string { return inEnvelope("_x", idpName, samlxml.Success, "") }},
		"no success":          {"saml_artifact.status", nil, func(id string) string { return inEnvelope(id, idpName, "x", string(answer().bytes(t))) }},
		"nothing in it":       {"saml_artifact.response", nil, func(id string) string { return inEnvelope(id, idpName, samlxml.Success, "") }},
		"an unsigned response": {"saml_response.signed", nil, func(id string) string {
			r := answer()
			r.signAssertion = nil
			return inEnvelope(id, idpName, samlxml.Success, string(r.bytes(t)))
		}},
		"a document type": {"saml_document.markup", nil, func(id string) string { return "<!DOCTYPE x>" + inEnvelope(id, idpName, samlxml.Success, "")[38:] }},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := artifactWorld(t)
			a := byArtifact(good)
			w.accepts(a)
			w.forget()
			if c.come != nil {
				c.come(&a)
			}
			if c.answer != nil {
				r.answer = c.answer
			}
			w.refuses(a, c.check)
		})
	}
}

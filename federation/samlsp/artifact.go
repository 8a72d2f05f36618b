package samlsp

import (
	"context"
	"crypto/sha1" //nolint:gosec // SAML names the source of an artifact by it; nothing depends on its strength
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

const (
	nsSOAP       = "http://schemas.xmlsoap.org/soap/envelope/"
	artifactSize = 44 // bytes: type, endpoint, source and handle (bindings §3.6.4)
	artifactType = 4
)

// artifact is a response that is still at the identity provider.
type artifact struct {
	text     string // as it came
	raw      []byte
	location string         // where it is resolved
	id       string         // of our ArtifactResolve
	answer   *etree.Element // ArtifactResponse
}

// resolve has the response sent straight to us. It is judged like any other, and must be signed like any other.
func (a *try) resolve(ctx context.Context, table tables) error {
	if err := judge(ctx, a, table.artifact); err != nil {
		return err
	}
	body, err := a.artifactResolve()
	if err != nil {
		return err
	}
	raw, err := a.c.deps.Resolver.Post(ctx, a.artifact.location, "text/xml; charset=utf-8", body)
	if err != nil {
		return errs.Wrap(errs.Unavailable, "The identity provider did not answer.", err)
	}
	root, err := parse(ctx, samlxml.MessageOf(raw))
	if err != nil {
		return err
	}
	a.artifact.answer = samlxml.Child(samlxml.Child(root, nsSOAP, "Body"), samlxml.NSProtocol, "ArtifactResponse")
	return judge(ctx, a, table.resolved)
}

// artifactResolve asks for the message, signed, in an envelope.
func (a *try) artifactResolve() ([]byte, error) {
	a.artifact.id = newID()
	el := etree.NewElement("samlp:ArtifactResolve")
	for _, at := range [][2]string{
		{"xmlns:samlp", samlxml.NSProtocol}, {"xmlns:saml", samlxml.NSAssertion}, {"ID", a.artifact.id}, {"Version", "2.0"},
		{"IssueInstant", a.now.UTC().Format(time.RFC3339)}, {"Destination", a.artifact.location},
	} {
		el.CreateAttr(at[0], at[1])
	}
	el.CreateElement("saml:Issuer").SetText(a.c.config.EntityID)
	el.CreateElement("samlp:Artifact").SetText(a.artifact.text)
	if err := samlxml.Sign(el, a.pairs.Current); err != nil {
		return nil, err
	}
	envelope := etree.NewElement("soap:Envelope")
	envelope.CreateAttr("xmlns:soap", nsSOAP)
	envelope.CreateElement("soap:Body").AddChild(el)
	return etree.NewDocumentWithRoot(envelope).WriteToBytes()
}

// artifactField wants one artifact of the type that there is.
func artifactField(_ context.Context, a *try) (expected, received string, err error) {
	expected = "one artifact of type 4"
	values := a.arrival.Params["SAMLart"]
	if len(values) != 1 || len(values[0]) > 2*artifactSize || a.arrival.Params.Has("SAMLResponse") {
		return expected, "none, more, or a longer one", nil
	}
	raw, err := base64.StdEncoding.DecodeString(values[0])
	if err != nil || len(raw) != artifactSize || binary.BigEndian.Uint16(raw) != artifactType {
		return expected, "another", nil //nolint:nilerr // what was sent is wrong, nothing failed
	}
	a.artifact = artifact{text: values[0], raw: raw}
	return expected, "", nil
}

// artifactSource wants it to be the connector's identity provider's: it is asked of nobody else.
func artifactSource(_ context.Context, a *try) (expected, received string, err error) {
	want := sha1.Sum([]byte(a.c.config.IDPEntityID)) //nolint:gosec // see the import
	if string(a.artifact.raw[4:24]) != string(want[:]) {
		received = "another"
	}
	return "the connector's identity provider", received, nil
}

// artifactEndpoint wants an address of the metadata.
func artifactEndpoint(_ context.Context, a *try) (expected, received string, err error) {
	if a.artifact.location = a.idp.artifacts[int(binary.BigEndian.Uint16(a.artifact.raw[2:]))]; a.artifact.location == "" {
		received = "another"
	}
	return "an endpoint of the metadata", received, nil
}

func artifactAnswer(_ context.Context, a *try) (expected, received string, err error) {
	if a.artifact.answer == nil || samlxml.Attribute(a.artifact.answer, "Version") != "2.0" {
		received = "another"
	}
	return "an ArtifactResponse in an envelope", received, nil
}

func artifactIssuer(_ context.Context, a *try) (expected, received string, err error) {
	if issuers := samlxml.Children(a.artifact.answer, samlxml.NSAssertion, "Issuer"); len(issuers) > 1 || len(issuers) == 1 && samlxml.Text(issuers[0]) != a.c.config.IDPEntityID {
		received = "another"
	}
	return "the connector's identity provider", received, nil
}

func artifactRequest(_ context.Context, a *try) (expected, received string, err error) {
	if samlxml.Attribute(a.artifact.answer, "InResponseTo") != a.artifact.id {
		received = "another, or none"
	}
	return "an answer to our question", received, nil
}

func artifactStatus(_ context.Context, a *try) (expected, received string, err error) {
	if samlxml.Attribute(samlxml.Child(samlxml.Child(a.artifact.answer, samlxml.NSProtocol, "Status"), samlxml.NSProtocol, "StatusCode"), "Value") != samlxml.Success {
		received = "another"
	}
	return "success", received, nil
}

// artifactResponse takes the response out. An artifact that was resolved before has none.
func artifactResponse(_ context.Context, a *try) (expected, received string, err error) {
	inner := samlxml.Child(a.artifact.answer, samlxml.NSProtocol, "Response")
	if inner == nil {
		return "a response", "none, or two", nil
	}
	a.response = samlxml.Detached(inner)
	return "a response", "", nil
}

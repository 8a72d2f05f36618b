package samlsp

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"strings"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/jedan-auth/jedan-auth/federation"
)

// outgoing is a message that a browser carries.
type outgoing struct {
	binding, location string
	param             string // SAMLRequest or SAMLResponse
	root              *etree.Element
	relayState        string
	pair              *Pair // signs it; nil: unsigned
}

func (o outgoing) departure() (*federation.Departure, error) {
	if o.binding == saml.HTTPPostBinding {
		return o.form()
	}
	return o.redirect()
}

// form is the POST binding: the signature is in the message.
func (o outgoing) form() (*federation.Departure, error) {
	if o.pair != nil {
		if err := sign(o.root, *o.pair); err != nil {
			return nil, err
		}
	}
	raw, err := etree.NewDocumentWithRoot(o.root).WriteToBytes()
	if err != nil {
		return nil, err
	}
	fields := url.Values{o.param: {base64.StdEncoding.EncodeToString(raw)}}
	if o.relayState != "" {
		fields.Set("RelayState", o.relayState)
	}
	return &federation.Departure{URL: o.location, Form: fields}, nil
}

// sign puts a signature after the issuer, where the schema wants it.
func sign(root *etree.Element, pair Pair) error {
	s, err := dsig.NewSigningContext(signature{pair.Key}, [][]byte{pair.Certificate.Raw})
	if err != nil {
		return err
	}
	name, err := method(pair.Key.Public())
	if err != nil {
		return err
	}
	if err := s.SetSignatureMethod(name); err != nil {
		return err
	}
	s.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	sig, err := s.ConstructSignature(root, true)
	if err != nil {
		return err
	}
	root.InsertChildAt(child(root, nsAssertion, "Issuer").Index()+1, sig)
	return nil
}

// redirect is the redirect binding: the signature is over the query (bindings §3.4.4.1).
func (o outgoing) redirect() (*federation.Departure, error) {
	raw, err := etree.NewDocumentWithRoot(o.root).WriteToBytes()
	if err != nil {
		return nil, err
	}
	packed, err := deflate(raw)
	if err != nil {
		return nil, err
	}
	query := o.param + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed))
	if o.relayState != "" {
		query += "&RelayState=" + url.QueryEscape(o.relayState)
	}
	if o.pair != nil {
		if query, err = signQuery(query, *o.pair); err != nil {
			return nil, err
		}
	}
	separator := "?"
	if strings.Contains(o.location, "?") {
		separator = "&"
	}
	return &federation.Departure{URL: o.location + separator + query}, nil
}

func signQuery(query string, pair Pair) (string, error) {
	name, err := method(pair.Key.Public())
	if err != nil {
		return "", err
	}
	query += "&SigAlg=" + url.QueryEscape(name)
	h := crypto.SHA256.New()
	_, _ = io.WriteString(h, query) // a hash takes everything
	value, err := signature{pair.Key}.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		return "", err
	}
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(value)), nil
}

func deflate(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

var errInflate = errors.New("samlsp: no deflated message of bounded size")

// inflate undoes deflate, up to the size of a message: a small text may become a very large one (SA20).
func inflate(packed []byte) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostMessage+1))
	if err != nil || len(out) > mostMessage {
		return nil, errInflate
	}
	return out, nil
}

// query is the redirect binding's parameters as they were sent: the signature is over their very letters.
type query struct {
	param, message, relayState, algorithm, signature string
	signed                                           string
}

// parseQuery wants each parameter once. Others are none of its business, and were not signed.
func parseQuery(raw string) (*query, bool) {
	parts := map[string]string{} // as sent
	values := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, sent, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, false
		}
		switch name {
		case "SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature":
		default:
			continue
		}
		value, err := url.QueryUnescape(sent)
		if _, twice := values[name]; err != nil || twice {
			return nil, false
		}
		parts[name], values[name] = name+"="+sent, value
	}
	q := &query{param: "SAMLRequest", relayState: values["RelayState"], algorithm: values["SigAlg"], signature: values["Signature"]}
	if _, response := values["SAMLResponse"]; response {
		q.param = "SAMLResponse"
	}
	if _, both := values["SAMLRequest"]; both && q.param == "SAMLResponse" {
		return nil, false
	}
	q.message, q.signed = values[q.param], parts[q.param]
	if part, ok := parts["RelayState"]; ok {
		q.signed += "&" + part
	}
	q.signed += "&" + parts["SigAlg"]
	return q, q.message != ""
}

// verified says whether one of the keys signed the query.
func (q *query) verified(keys []*x509.Certificate) bool {
	algorithm, ok := methods()[q.algorithm]
	value, err := base64.StdEncoding.DecodeString(compact(q.signature))
	if !ok || err != nil || len(value) == 0 {
		return false
	}
	for _, cert := range keys {
		if !matches(cert, q.algorithm) {
			continue
		}
		if der, err := asASN1(cert, value); err == nil && cert.CheckSignature(algorithm, []byte(q.signed), der) == nil {
			return true
		}
	}
	return false
}

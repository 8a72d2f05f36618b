package samlxml

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
)

// Outgoing is a message that a browser carries.
type Outgoing struct {
	Binding, Location string
	Param             string // SAMLRequest or SAMLResponse
	Root              *etree.Element
	RelayState        string
	Pair              *Pair // signs it; nil: unsigned
}

// Sent is how a message leaves in a browser.
type Sent struct {
	URL  string
	Form url.Values // fields to post; nil: a redirect
}

// Send signs the message, if it is to be, and packs it for its binding.
func (o Outgoing) Send() (*Sent, error) {
	if o.Binding == saml.HTTPPostBinding {
		return o.Post()
	}
	return o.Redirect()
}

// Post is the POST binding: the signature is in the message.
func (o Outgoing) Post() (*Sent, error) {
	if o.Pair != nil {
		if err := Sign(o.Root, *o.Pair); err != nil {
			return nil, err
		}
	}
	raw, err := etree.NewDocumentWithRoot(o.Root).WriteToBytes()
	if err != nil {
		return nil, err
	}
	fields := url.Values{o.Param: {base64.StdEncoding.EncodeToString(raw)}}
	if o.RelayState != "" {
		fields.Set("RelayState", o.RelayState)
	}
	return &Sent{URL: o.Location, Form: fields}, nil
}

// Sign puts a signature after the issuer, where the schema wants it.
func Sign(root *etree.Element, pair Pair) error {
	s, err := dsig.NewSigningContext(XMLSigner{pair.Key}, [][]byte{pair.Certificate.Raw})
	if err != nil {
		return err
	}
	name, err := Method(pair.Key.Public())
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
	root.InsertChildAt(Child(root, NSAssertion, "Issuer").Index()+1, sig)
	return nil
}

// Redirect is the redirect binding: the signature is over the query (bindings §3.4.4.1).
func (o Outgoing) Redirect() (*Sent, error) {
	raw, err := etree.NewDocumentWithRoot(o.Root).WriteToBytes()
	if err != nil {
		return nil, err
	}
	packed, err := Deflate(raw)
	if err != nil {
		return nil, err
	}
	query := o.Param + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed))
	if o.RelayState != "" {
		query += "&RelayState=" + url.QueryEscape(o.RelayState)
	}
	if o.Pair != nil {
		if query, err = signQuery(query, *o.Pair); err != nil {
			return nil, err
		}
	}
	separator := "?"
	if strings.Contains(o.Location, "?") {
		separator = "&"
	}
	return &Sent{URL: o.Location + separator + query}, nil
}

func signQuery(query string, pair Pair) (string, error) {
	name, err := Method(pair.Key.Public())
	if err != nil {
		return "", err
	}
	query += "&SigAlg=" + url.QueryEscape(name)
	h := crypto.SHA256.New()
	_, _ = io.WriteString(h, query) // a hash takes everything
	value, err := XMLSigner{pair.Key}.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		return "", err
	}
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(value)), nil
}

func Deflate(raw []byte) ([]byte, error) {
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

var errInflate = errors.New("samlxml: no deflated message of bounded size")

// Inflate undoes deflate, up to the size of a message: a small text may become a very large one (SA20).
func Inflate(packed []byte) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), MostMessage+1))
	if err != nil || len(out) > MostMessage {
		return nil, errInflate
	}
	return out, nil
}

// Query is the redirect binding's parameters as they were sent: the signature is over their very letters.
type Query struct {
	Param, Message, RelayState, Algorithm, Signature string
	signed                                           string
}

// ParseQuery wants each parameter once. Others are none of its business, and were not signed.
func ParseQuery(raw string) (*Query, bool) {
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
	q := &Query{Param: "SAMLRequest", RelayState: values["RelayState"], Algorithm: values["SigAlg"], Signature: values["Signature"]}
	if _, response := values["SAMLResponse"]; response {
		q.Param = "SAMLResponse"
	}
	if _, both := values["SAMLRequest"]; both && q.Param == "SAMLResponse" {
		return nil, false
	}
	q.Message, q.signed = values[q.Param], parts[q.Param]
	if part, ok := parts["RelayState"]; ok {
		q.signed += "&" + part
	}
	q.signed += "&" + parts["SigAlg"]
	return q, q.Message != ""
}

// Verified says whether one of the keys signed the query.
func (q *Query) Verified(keys []*x509.Certificate) bool {
	algorithm, ok := Methods()[q.Algorithm]
	value, err := base64.StdEncoding.DecodeString(Compact(q.Signature))
	if !ok || err != nil || len(value) == 0 {
		return false
	}
	for _, cert := range keys {
		if !matches(cert, q.Algorithm) {
			continue
		}
		if der, err := AsASN1(cert, value); err == nil && cert.CheckSignature(algorithm, []byte(q.signed), der) == nil {
			return true
		}
	}
	return false
}

package samlxml

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// signed is an element with its signature, which is a child of it.
type signed struct {
	el, sig  *etree.Element
	keys     []*x509.Certificate // the other side's, or the operator's: never the message's
	now      time.Time
	verified *etree.Element // of the canonical bytes that were signed; what is read from now on
}

// Verify judges the signature of an element with keys that the caller trusts, and returns what was signed. A *Refusal says that it does not count.
func Verify(ctx context.Context, el *etree.Element, keys []*x509.Certificate, now time.Time) (*etree.Element, error) {
	s := &signed{el: el, sig: Child(el, NSSignature, "Signature"), keys: Counting(keys, now), now: now}
	err := Judge(ctx, s, rows().signature)
	return s.verified, err
}

// signedInfo is what the signature is of; nil without one, or with two.
func (s *signed) signedInfo() *etree.Element { return Child(s.sig, NSSignature, "SignedInfo") }

func (s *signed) reference() *etree.Element { return Child(s.signedInfo(), NSSignature, "Reference") }

// Tags are the names of the child elements in order; one of another namespace has none.
func Tags(el *etree.Element, namespace string) string {
	var out []string
	if el == nil {
		return "-"
	}
	for _, c := range el.ChildElements() {
		if c.NamespaceURI() != namespace {
			return "-"
		}
		out = append(out, c.Tag)
	}
	return strings.Join(out, " ")
}

// knownKeys wants a key that counts: of the metadata or pinned, not expired, and RSA of 2,048 bits or a curve of 256 (SA10, SA12).
func knownKeys(_ context.Context, s *signed) (expected, received string, err error) {
	if len(s.keys) == 0 {
		received = "none"
	}
	return "a key of the other side that counts today", received, nil
}

// itsParts wants the parts of a signature, each once and in order, its value a text, and no Object that could hold something else (SA03, SA13).
func itsParts(_ context.Context, s *signed) (expected, received string, err error) {
	whole := slices.Contains([]string{"SignedInfo SignatureValue", "SignedInfo SignatureValue KeyInfo"}, Tags(s.sig, NSSignature))
	reference := Tags(s.reference(), NSSignature) == "Transforms DigestMethod DigestValue"
	if !whole || Text(Child(s.sig, NSSignature, "SignatureValue")) == "" || !reference || Tags(s.signedInfo(), NSSignature) != "CanonicalizationMethod SignatureMethod Reference" {
		received = "others, such as two references"
	}
	return "SignedInfo with one Reference, SignatureValue, KeyInfo", received, nil
}

// canonical wants exclusive canonical XML without comments.
func canonical(_ context.Context, s *signed) (expected, received string, err error) {
	c14n := Child(s.signedInfo(), NSSignature, "CanonicalizationMethod")
	if Attribute(c14n, "Algorithm") != ExcC14N || len(c14n.ChildElements()) > 0 {
		received = "another"
	}
	return "exclusive canonical XML", received, nil
}

// strongMethod wants an algorithm of the list (SA12).
func strongMethod(_ context.Context, s *signed) (expected, received string, err error) {
	m := Child(s.signedInfo(), NSSignature, "SignatureMethod")
	if _, ok := Methods()[Attribute(m, "Algorithm")]; !ok || len(m.ChildElements()) > 0 {
		received = "another"
	}
	return "RSA or ECDSA with SHA-2", received, nil
}

// strongDigest wants SHA-2 (SA12).
func strongDigest(_ context.Context, s *signed) (expected, received string, err error) {
	m := Child(s.reference(), NSSignature, "DigestMethod")
	if _, ok := Digests()[Attribute(m, "Algorithm")]; !ok || len(m.ChildElements()) > 0 {
		received = "another"
	}
	return "SHA-2", received, nil
}

// ownReference wants the signature to be about the element that it stands in, by its ID: not the whole document (""), not another address (SA01, SA13).
func ownReference(_ context.Context, s *signed) (expected, received string, err error) {
	id, uri := Attribute(s.el, "ID"), Attribute(s.reference(), "URI")
	if id == "" || uri != "#"+id {
		received = "another element"
	}
	return "a reference to the element it stands in", received, nil
}

// knownTransforms wants the signature left out and exclusive canonical XML, and nothing that computes, such as XSLT or XPath (SA13).
func knownTransforms(_ context.Context, s *signed) (expected, received string, err error) {
	steps := Children(Child(s.reference(), NSSignature, "Transforms"), NSSignature, "Transform")
	if len(steps) != 2 || Attribute(steps[0], "Algorithm") != Enveloped || Attribute(steps[1], "Algorithm") != ExcC14N ||
		len(steps[0].ChildElements()) > 0 || !slices.Contains([]string{"", "InclusiveNamespaces"}, Tags(steps[1], ExcC14N)) ||
		Tags(Child(s.reference(), NSSignature, "Transforms"), NSSignature) != "Transform Transform" {
		received = "others"
	}
	return "enveloped-signature and exclusive canonical XML", received, nil
}

// valid verifies it with the keys that count, one after the other.
func valid(_ context.Context, s *signed) (expected, received string, err error) {
	for _, cert := range hinted(s.keys, s.sig) {
		bare, ok := s.bare(cert)
		if !ok {
			continue
		}
		v := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{cert}})
		v.Clock = dsig.NewFakeClockAt(s.now)
		if root, err := v.Validate(bare); err == nil {
			s.verified = root
			return "a valid signature", "", nil
		}
	}
	return "a valid signature", "an invalid one", nil
}

// bare is a copy of the element for goxmldsig: standing alone, the signature first, where it is found at once, without KeyInfo, so that the given key
// is the only one, and its value as Go verifies it. None of that is signed.
func (s *signed) bare(cert *x509.Certificate) (*etree.Element, bool) {
	value, err := base64.StdEncoding.DecodeString(Compact(Text(Child(s.sig, NSSignature, "SignatureValue"))))
	if err != nil || !matches(cert, Attribute(Child(s.signedInfo(), NSSignature, "SignatureMethod"), "Algorithm")) {
		return nil, false
	}
	if value, err = AsASN1(cert, value); err != nil {
		return nil, false
	}
	out := Detached(s.el)
	sig := Child(out, NSSignature, "Signature")
	out.RemoveChild(sig)
	out.InsertChildAt(0, sig)
	if info := Child(sig, NSSignature, "KeyInfo"); info != nil {
		sig.RemoveChild(info)
	}
	Child(sig, NSSignature, "SignatureValue").SetText(base64.StdEncoding.EncodeToString(value))
	return out, true
}

// matches says whether an algorithm is one of the key's kind.
func matches(cert *x509.Certificate, algorithm string) bool {
	_, isRSA := cert.PublicKey.(*rsa.PublicKey)
	return isRSA == (algorithm == RSASHA256 || algorithm == RSASHA384 || algorithm == RSASHA512)
}

// hinted puts the key first that KeyInfo names. That spares the others' time, and is all that KeyInfo is good for (SA10).
func hinted(keys []*x509.Certificate, sig *etree.Element) []*x509.Certificate {
	if len(keys) < 2 {
		return keys
	}
	hint := Compact(Text(Child(Child(Child(sig, NSSignature, "KeyInfo"), NSSignature, "X509Data"), NSSignature, "X509Certificate")))
	out := slices.Clone(keys)
	slices.SortStableFunc(out, func(a, b *x509.Certificate) int { return named(b, hint) - named(a, hint) })
	return out
}

func named(cert *x509.Certificate, hint string) int {
	if base64.StdEncoding.EncodeToString(cert.Raw) == hint {
		return 1
	}
	return 0
}

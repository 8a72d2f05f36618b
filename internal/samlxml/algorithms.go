package samlxml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
)

// Namespaces and names that messages use.
const (
	NSProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	NSAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	NSMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	NSSignature = "http://www.w3.org/2000/09/xmldsig#"
	NSEncrypt   = "http://www.w3.org/2001/04/xmlenc#"
	NSEncrypt11 = "http://www.w3.org/2009/xmlenc11#"

	ExcC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
	Enveloped = NSSignature + "enveloped-signature"
	Bearer    = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	Success   = "urn:oasis:names:tc:SAML:2.0:status:Success"

	RSASHA256   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	RSASHA384   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
	RSASHA512   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
	ECDSASHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	ECDSASHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
	ECDSASHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
)

// Methods are the signature algorithms that count. SHA-1, MD5 and HMAC never do.
func Methods() map[string]x509.SignatureAlgorithm {
	return map[string]x509.SignatureAlgorithm{
		RSASHA256: x509.SHA256WithRSA, RSASHA384: x509.SHA384WithRSA, RSASHA512: x509.SHA512WithRSA,
		ECDSASHA256: x509.ECDSAWithSHA256, ECDSASHA384: x509.ECDSAWithSHA384, ECDSASHA512: x509.ECDSAWithSHA512,
	}
}

// Digests are the digest algorithms that count.
func Digests() map[string]crypto.Hash {
	return map[string]crypto.Hash{
		NSEncrypt + "sha256": crypto.SHA256, "http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384, NSEncrypt + "sha512": crypto.SHA512,
	}
}

var errSignature = errors.New("samlxml: no such signature")

// AsASN1 turns the two numbers of an ECDSA signature (RFC 4050 §3.3) into what Go verifies; RSA's stay as they are.
func AsASN1(cert *x509.Certificate, value []byte) ([]byte, error) {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return value, nil
	case *ecdsa.PublicKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		if len(value) != 2*size {
			return nil, errSignature
		}
		return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:])})
	}
	return nil, errSignature
}

// sideBySide is the way back.
func sideBySide(der []byte, size int) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &pair); err != nil || len(rest) > 0 {
		return nil, errSignature
	}
	out := make([]byte, 2*size)
	pair.R.FillBytes(out[:size])
	pair.S.FillBytes(out[size:])
	return out, nil
}

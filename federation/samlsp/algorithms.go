package samlsp

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
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"
	nsEncrypt   = "http://www.w3.org/2001/04/xmlenc#"
	nsEncrypt11 = "http://www.w3.org/2009/xmlenc11#"

	excC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
	enveloped = nsSignature + "enveloped-signature"
	bearer    = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	success   = "urn:oasis:names:tc:SAML:2.0:status:Success"

	rsaSHA256   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	rsaSHA384   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
	rsaSHA512   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
	ecdsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	ecdsaSHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
	ecdsaSHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
)

// methods are the signature algorithms that count. SHA-1, MD5 and HMAC never do.
func methods() map[string]x509.SignatureAlgorithm {
	return map[string]x509.SignatureAlgorithm{
		rsaSHA256: x509.SHA256WithRSA, rsaSHA384: x509.SHA384WithRSA, rsaSHA512: x509.SHA512WithRSA,
		ecdsaSHA256: x509.ECDSAWithSHA256, ecdsaSHA384: x509.ECDSAWithSHA384, ecdsaSHA512: x509.ECDSAWithSHA512,
	}
}

// digests are the digest algorithms that count.
func digests() map[string]crypto.Hash {
	return map[string]crypto.Hash{
		nsEncrypt + "sha256": crypto.SHA256, "http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384, nsEncrypt + "sha512": crypto.SHA512,
	}
}

var errSignature = errors.New("samlsp: no such signature")

// asASN1 turns the two numbers of an ECDSA signature (RFC 4050 §3.3) into what Go verifies; RSA's stay as they are.
func asASN1(cert *x509.Certificate, value []byte) ([]byte, error) {
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

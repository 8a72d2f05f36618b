package samlxml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"
)

const leastRSA = 2048

// Pair is a key of ours with the certificate that carries it in metadata.
type Pair struct {
	Key         crypto.Signer // RSA or ECDSA; only RSA decrypts
	Certificate *x509.Certificate
}

// Certify makes the self-signed certificate that carries a key in metadata. Identity providers look at nothing in it but the key, and some at the dates.
func Certify(random io.Reader, key crypto.Signer, name string, from, until time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(random, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	if len(name) > 64 { // the most that a common name may have
		name = name[:64]
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	der, err := x509.CreateCertificate(random, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// Strong says whether signatures by the key count.
func Strong(cert *x509.Certificate) bool {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= leastRSA
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize >= 256
	}
	return false
}

// Counts says whether a certificate counts at a time.
func Counts(cert *x509.Certificate, now time.Time) bool {
	return Strong(cert) && !now.Before(cert.NotBefore) && now.Before(cert.NotAfter)
}

// Counting are the certificates that count at a time.
func Counting(certs []*x509.Certificate, now time.Time) []*x509.Certificate {
	var out []*x509.Certificate
	for _, cert := range certs {
		if Counts(cert, now) {
			out = append(out, cert)
		}
	}
	return out
}

// Pinned keeps the certificates whose keys have one of the fingerprints; without any, all.
func Pinned(certs []*x509.Certificate, fingerprints []string) []*x509.Certificate {
	if len(fingerprints) == 0 {
		return certs
	}
	var out []*x509.Certificate
	for _, cert := range certs {
		sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
		if slices.ContainsFunc(fingerprints, func(f string) bool {
			return strings.EqualFold(strings.ReplaceAll(f, ":", ""), hex.EncodeToString(sum[:]))
		}) {
			out = append(out, cert)
		}
	}
	return out
}

// XMLSigner signs a digest as XML signatures have it: ECDSA's are the two numbers side by side, not ASN.1.
type XMLSigner struct{ Key crypto.Signer }

func (s XMLSigner) Public() crypto.PublicKey { return s.Key.Public() }

// Sign signs a digest.
func (s XMLSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	der, err := s.Key.Sign(random, digest, opts)
	public, ok := s.Key.Public().(*ecdsa.PublicKey)
	if err != nil || !ok {
		return der, err
	}
	return sideBySide(der, (public.Curve.Params().BitSize+7)/8)
}

var errKey = errors.New("samlxml: a key must be RSA or ECDSA")

// Method is the algorithm that a key of ours signs with.
func Method(key crypto.PublicKey) (string, error) {
	switch key.(type) {
	case *rsa.PublicKey:
		return RSASHA256, nil
	case *ecdsa.PublicKey:
		return ECDSASHA256, nil
	}
	return "", errKey
}

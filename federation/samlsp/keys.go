package samlsp

import (
	"context"
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

// Pairs are our keys: the current one signs, the next is published before it is used, and all decrypt.
type Pairs struct {
	Current    Pair
	Next, Last *Pair
}

// all lists what decrypts, the current one first.
func (p *Pairs) all() []Pair {
	out := []Pair{p.Current}
	for _, other := range []*Pair{p.Next, p.Last} {
		if other != nil {
			out = append(out, *other)
		}
	}
	return out
}

// Keys knows our keys.
type Keys interface {
	Pairs(ctx context.Context) (*Pairs, error)
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

// strong says whether signatures by the key count.
func strong(cert *x509.Certificate) bool {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= leastRSA
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize >= 256
	}
	return false
}

// counts says whether a certificate counts at a time.
func counts(cert *x509.Certificate, now time.Time) bool {
	return strong(cert) && !now.Before(cert.NotBefore) && now.Before(cert.NotAfter)
}

// counting are the certificates that count at a time.
func counting(certs []*x509.Certificate, now time.Time) []*x509.Certificate {
	var out []*x509.Certificate
	for _, cert := range certs {
		if counts(cert, now) {
			out = append(out, cert)
		}
	}
	return out
}

// pinned keeps the certificates whose keys have one of the fingerprints; without any, all.
func pinned(certs []*x509.Certificate, fingerprints []string) []*x509.Certificate {
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

// signature signs a digest as XML signatures have it: ECDSA's are the two numbers side by side, not ASN.1.
type signature struct{ key crypto.Signer }

func (s signature) Public() crypto.PublicKey { return s.key.Public() }

// Sign signs a digest.
func (s signature) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	der, err := s.key.Sign(random, digest, opts)
	public, ok := s.key.Public().(*ecdsa.PublicKey)
	if err != nil || !ok {
		return der, err
	}
	return sideBySide(der, (public.Curve.Params().BitSize+7)/8)
}

var errKey = errors.New("samlsp: a key must be RSA or ECDSA")

// method is the algorithm that a key of ours signs with.
func method(key crypto.PublicKey) (string, error) {
	switch key.(type) {
	case *rsa.PublicKey:
		return rsaSHA256, nil
	case *ecdsa.PublicKey:
		return ecdsaSHA256, nil
	}
	return "", errKey
}

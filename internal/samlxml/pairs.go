package samlxml

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

const (
	ownBits  = 3072
	ownYears = 3

	startsBefore = 3 * time.Minute // for whose clock is behind ours
)

// NewPair makes a key for us. Identity providers speak RSA, all of them.
func NewPair(name string, now time.Time) (Pair, error) {
	key, err := rsa.GenerateKey(rand.Reader, ownBits)
	if err != nil {
		return Pair{}, err
	}
	return SelfSigned(key, name, now)
}

// SelfSigned is a key with a certificate that carries it for three years.
func SelfSigned(key crypto.Signer, name string, now time.Time) (Pair, error) {
	cert, err := Certify(rand.Reader, key, name, now.Add(-startsBefore), now.AddDate(ownYears, 0, 0))
	return Pair{Key: key, Certificate: cert}, err
}

// PEM is the pair as text: the key (PKCS #8), then the certificate. It is a secret.
func (p Pair) PEM() (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(p.Key)
	if err != nil {
		return "", err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return string(key) + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate.Raw})), nil
}

// ParsePair reads what PEM writes, or the two that an operator brings along. errs.Invalid where they are none, weak, or do not belong together.
func ParsePair(text string) (Pair, error) {
	bad := errs.New(errs.Invalid, "A key of SAML is a private key (PKCS #8, RSA of at least 2,048 bits or a curve of 256) and its certificate, in PEM.")
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "PRIVATE KEY" {
		return Pair{}, bad
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Pair{}, bad
	}
	certs, err := Certificates([]string{string(rest)})
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok || len(certs) != 1 || !Strong(certs[0]) || !same(signer.Public(), certs[0].PublicKey) {
		return Pair{}, bad
	}
	return Pair{Key: signer, Certificate: certs[0]}, nil
}

func same(a, b crypto.PublicKey) bool {
	c, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && c.Equal(b)
}

// Certificates reads PEM texts, each with one certificate or more.
func Certificates(texts []string) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for _, text := range texts {
		rest := []byte(text)
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil || block.Type != "CERTIFICATE" {
				return nil, errors.New("there is something other than a certificate")
			}
			out = append(out, cert)
		}
		if strings.TrimSpace(string(rest)) != "" {
			return nil, errors.New("wants certificates in PEM")
		}
	}
	return out, nil
}

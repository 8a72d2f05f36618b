package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Key management algorithms (RFC 7518 section 4.1) that JWEs are made and read with: asymmetric ones only.
const (
	RSAOAEP256   = "RSA-OAEP-256"
	ECDHESA256KW = "ECDH-ES+A256KW"
)

// Content encryptions (RFC 7518 section 5.1).
const (
	A128GCM      = "A128GCM"
	A256GCM      = "A256GCM"
	A128CBCHS256 = "A128CBC-HS256"
)

// EncryptionAlgorithms are the key management algorithms that are known.
func EncryptionAlgorithms() []string { return []string{RSAOAEP256, ECDHESA256KW} }

// ContentEncryptions are the content encryptions that are known.
func ContentEncryptions() []string { return []string{A128GCM, A256GCM, A128CBCHS256} }

func encrypts(alg string) bool { return slices.Contains(EncryptionAlgorithms(), alg) }

// Encrypts reports whether the key may encrypt with an algorithm: of the type that it demands, and not named for another one.
func Encrypts(k jose.JSONWebKey, alg string) bool {
	if k.Algorithm != "" && k.Algorithm != alg {
		return false
	}
	switch p := k.Key.(type) {
	case *rsa.PublicKey:
		return alg == RSAOAEP256 && sized(p)
	case *ecdsa.PublicKey:
		return alg == ECDHESA256KW && slices.Contains([]elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()}, p.Curve)
	}
	return false
}

// EncryptTo makes a compact JWE (RFC 7516) to the first key of the set that fits, naming it by kid. The set is one of ParseKeys, for encryption;
// contentType is the header's cty: JWT for a nested one (RFC 7519 section 5.2), empty for none. errs.NotFound when no key fits.
func EncryptTo(set *jose.JSONWebKeySet, alg, enc, contentType string, plaintext []byte) (string, error) {
	if !encrypts(alg) || !slices.Contains(ContentEncryptions(), enc) {
		return "", errs.New(errs.Invalid, "This encryption is not offered.")
	}
	if set == nil {
		return "", noKey()
	}
	i := slices.IndexFunc(set.Keys, func(k jose.JSONWebKey) bool { return Encrypts(k, alg) })
	if i < 0 {
		return "", noKey()
	}
	to := jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: set.Keys[i].Key, KeyID: set.Keys[i].KeyID}
	o := &jose.EncrypterOptions{}
	if contentType != "" {
		o = o.WithContentType(jose.ContentType(contentType))
	}
	e, err := jose.NewEncrypter(jose.ContentEncryption(enc), to, o)
	if err != nil {
		return "", errs.Wrap(errs.Internal, "", err)
	}
	jwe, err := e.Encrypt(plaintext)
	if err != nil {
		return "", errs.Wrap(errs.Internal, "", err)
	}
	return jwe.CompactSerialize()
}

func noKey() error { return errs.New(errs.NotFound, "The client has no key to encrypt to.") }

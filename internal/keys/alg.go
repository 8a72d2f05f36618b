package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// Algorithms that tokens are signed with (RFC 7518 section 3.1, RFC 8037).
const (
	RS256 = "RS256"
	PS256 = "PS256"
	ES256 = "ES256"
	EdDSA = "EdDSA" // Ed25519
)

// minRSABits is the smallest RSA key, ours or a client's (RFC 7518 section 3.3).
const minRSABits = 2048

const coordinate = 32 // bytes of r and of s in an ES256 signature

func knownAlgorithm(alg string) bool {
	return slices.Contains([]string{RS256, PS256, ES256, EdDSA}, alg)
}

// Generate makes a private key for an algorithm.
func Generate(alg string, rsaBits int) (crypto.Signer, error) {
	switch alg {
	case RS256, PS256, RSAOAEP256:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case ES256, ECDHESA256KW:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, priv, err := ed25519.GenerateKey(rand.Reader)
		return priv, err
	}
	return nil, fmt.Errorf("keys: no algorithm %q", alg)
}

// fits reports whether a private key may sign, or be encrypted to, with an algorithm.
func fits(alg string, priv any) (crypto.Signer, bool) {
	switch k := priv.(type) {
	case *rsa.PrivateKey:
		return k, (alg == RS256 || alg == PS256 || alg == RSAOAEP256) && k.N.BitLen() >= minRSABits
	case *ecdsa.PrivateKey:
		return k, (alg == ES256 || alg == ECDHESA256KW) && k.Curve == elliptic.P256()
	case ed25519.PrivateKey:
		return k, alg == EdDSA
	}
	return nil, false
}

// sign appends the JWS signature of input (RFC 7515 section 5.1 step 5) to dst.
func sign(alg string, priv crypto.Signer, dst, input []byte) ([]byte, error) {
	if k, ok := priv.(ed25519.PrivateKey); ok {
		return append(dst, ed25519.Sign(k, input)...), nil
	}
	digest := sha256.Sum256(input)
	switch k := priv.(type) {
	case *rsa.PrivateKey:
		var sig []byte
		var err error
		if alg == PS256 {
			sig, err = rsa.SignPSS(rand.Reader, k, crypto.SHA256, digest[:], pssOptions())
		} else {
			sig, err = rsa.SignPKCS1v15(nil, k, crypto.SHA256, digest[:])
		}
		return append(dst, sig...), err
	case *ecdsa.PrivateKey:
		der, err := ecdsa.SignASN1(rand.Reader, k, digest[:])
		if err != nil {
			return dst, err
		}
		return appendRaw(dst, der)
	}
	return dst, errors.New("keys: no signer")
}

// verify checks the JWS signature of input with a key that fits alg.
func verify(alg string, pub crypto.PublicKey, input, sig []byte) bool {
	if k, ok := pub.(ed25519.PublicKey); ok {
		return ed25519.Verify(k, input, sig)
	}
	digest := sha256.Sum256(input)
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if alg == PS256 {
			return rsa.VerifyPSS(k, crypto.SHA256, digest[:], sig, pssOptions()) == nil
		}
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], sig) == nil
	case *ecdsa.PublicKey:
		if len(sig) != 2*coordinate {
			return false
		}
		var room [2 + 2*(2+1+coordinate)]byte
		return ecdsa.VerifyASN1(k, digest[:], appendDER(room[:0], sig))
	}
	return false
}

// pssOptions: the salt has the length of the hash (RFC 7518 section 3.5), when signing and when verifying.
func pssOptions() *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
}

// Tags of DER (X.690).
const (
	derSequence = 0x30
	derInteger  = 0x02
)

// appendDER turns r and s of 32 bytes each into SEQUENCE { INTEGER r, INTEGER s }.
func appendDER(dst, raw []byte) []byte {
	start := len(dst)
	dst = append(dst, derSequence, 0)
	for _, n := range [][]byte{raw[:coordinate], raw[coordinate:]} {
		for len(n) > 1 && n[0] == 0 {
			n = n[1:]
		}
		if n[0] >= 0x80 { // a leading zero keeps it positive
			dst = append(dst, derInteger, byte(len(n)+1), 0)
		} else {
			dst = append(dst, derInteger, byte(len(n)))
		}
		dst = append(dst, n...)
	}
	dst[start+1] = byte(len(dst) - start - 2)
	return dst
}

// appendRaw turns Go's DER signature, SEQUENCE { INTEGER r, INTEGER s }, into r and s of 32 bytes each (RFC 7518 section 3.4).
func appendRaw(dst, der []byte) ([]byte, error) {
	bad := errors.New("keys: not an ECDSA signature")
	if len(der) < 2 || der[0] != derSequence || int(der[1]) != len(der)-2 {
		return dst, bad
	}
	rest := der[2:]
	for range 2 {
		if len(rest) < 2 || rest[0] != derInteger || len(rest) < 2+int(rest[1]) {
			return dst, bad
		}
		n := rest[2 : 2+int(rest[1])]
		rest = rest[2+int(rest[1]):]
		for len(n) > 0 && n[0] == 0 {
			n = n[1:]
		}
		if len(n) > coordinate {
			return dst, bad
		}
		dst = append(dst, make([]byte, coordinate-len(n))...)
		dst = append(dst, n...)
	}
	if len(rest) != 0 {
		return dst, bad
	}
	return dst, nil
}

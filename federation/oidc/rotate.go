package oidc

import (
	"crypto/rand"
	"crypto/rsa"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

var _ federation.Rotator = (*Kind)(nil)

// Rotate implements federation.Rotator, for the keys that the provider reads at our address. The DPoP key stays: what the provider has bound to it would be lost; and a TLS key
// is the authority's to renew.
func (*Kind) Rotate(_ string, secrets map[string]string) (used bool, err error) {
	if secrets[secretSign] == "" && secrets[secretDecrypt] == "" {
		return false, errs.New(errs.Invalid, "This connector has no keys that the provider reads.")
	}
	if secrets[secretNextSign] != "" || secrets[secretNextDecrypt] != "" {
		useNext(secrets)
		return true, nil
	}
	for now, next := range map[string]string{secretSign: secretNextSign, secretDecrypt: secretNextDecrypt} {
		if secrets[now] == "" {
			continue
		}
		if secrets[next], err = nextKey(now, secrets[now]); err != nil {
			return false, err
		}
	}
	return false, nil
}

// nextKey is a key to take the place of one. What signs is of the same kind, which the provider has been told to expect.
func nextKey(name, now string) (string, error) {
	if name == secretDecrypt {
		return newKey(true)
	}
	all, err := privates(now)
	if err != nil || len(all) != 1 {
		return "", errNoKey
	}
	is, ok := all[0].(*rsa.PrivateKey)
	if !ok {
		return newKey(false)
	}
	next, err := rsa.GenerateKey(rand.Reader, is.N.BitLen())
	if err != nil {
		return "", err
	}
	return keyPEM(next)
}

func useNext(secrets map[string]string) {
	if next := secrets[secretNextSign]; next != "" {
		secrets[secretSign] = next
	}
	if next := secrets[secretNextDecrypt]; next != "" {
		secrets[secretLastDecrypt], secrets[secretDecrypt] = secrets[secretDecrypt], next
	}
	delete(secrets, secretNextSign)
	delete(secrets, secretNextDecrypt)
}

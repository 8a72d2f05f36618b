package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

var (
	_ federation.Keyed        = (*Kind)(nil)
	_ federation.KeyPublisher = (*connector)(nil)
)

// Secrets that are ours.
const (
	secretSign    = "key"            // signs client assertions
	secretDPoP    = "dpop_key"       // its tokens are bound to it
	secretDecrypt = "encryption_key" // it encrypts to it: one key, or one of each kind
	secretTLS     = "tls_key"        // with the certificates that an authority gave for it

	secretNextSign    = "next_key"            // published, and not used yet
	secretNextDecrypt = "next_encryption_key" // published beside the current one
	secretLastDecrypt = "last_encryption_key" // not published any more
)

func ownSecrets() []string {
	return []string{secretSign, secretDPoP, secretDecrypt, secretTLS, secretNextSign, secretNextDecrypt, secretLastDecrypt}
}

const ownBits = 2048

// ownKeys are keys of ours at one provider.
type ownKeys struct {
	sign    *jose.SigningKey
	dpop    *ecdsa.PrivateKey
	decrypt []jose.JSONWebKey
	tls     *tls.Certificate
	public  jose.JSONWebKeySet
}

// Own implements federation.Keyed.
func (*Kind) Own() []string { return ownSecrets() }

// MakeOwn implements federation.Keyed: keys are made for what the config switches on, and what another way of authenticating needed goes.
func (*Kind) MakeOwn(config json.RawMessage, secrets map[string]string) error {
	var c struct {
		AuthMethod string `json:"token_endpoint_auth_method"`
		DPoP       bool   `json:"dpop"`
		Encrypted  bool   `json:"encrypted_id_token"`
	}
	if json.Unmarshal(config, &c) != nil {
		return nil // Make says what is wrong
	}
	if c.AuthMethod == methodJWT || c.AuthMethod == methodTLS {
		delete(secrets, "client_secret") // of before: nobody asks for it any more
	}
	if c.AuthMethod != methodTLS {
		delete(secrets, secretTLS)
	}
	for name, wanted := range map[string]bool{secretSign: c.AuthMethod == methodJWT, secretDPoP: c.DPoP, secretDecrypt: c.Encrypted} {
		if !wanted || secrets[name] != "" {
			continue
		}
		text, err := newKey(name == secretDecrypt)
		if err != nil {
			return err
		}
		secrets[name] = text
	}
	return nil
}

// newKey is a key on P-256 in PEM, and an RSA key after it for providers that encrypt to nothing else.
func newKey(both bool) (string, error) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	out, err := keyPEM(ec)
	if err != nil || !both {
		return out, err
	}
	r, err := rsa.GenerateKey(rand.Reader, ownBits)
	if err != nil {
		return "", err
	}
	more, err := keyPEM(r)
	return out + more, err
}

func keyPEM(key crypto.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// readKeys reads the secrets that are ours.
func readKeys(secrets map[string]string) (ownKeys, error) {
	var out ownKeys
	for name, read := range map[string]func(text string) error{
		secretSign: out.readSign, secretDPoP: out.readDPoP, secretDecrypt: out.readDecrypt, secretTLS: out.readTLS,
		secretNextSign: out.readNextSign, secretNextDecrypt: out.readDecrypt, secretLastDecrypt: out.readLast,
	} {
		if text := secrets[name]; text != "" {
			if err := read(text); err != nil {
				return out, errs.Wrap(errs.Invalid, name+" cannot be used: private keys are PKCS #8 in PEM, RSA of at least 2,048 bits or on the curve P-256.", err)
			}
		}
	}
	return out, nil
}

// privates reads private keys in PEM; certificates between them are for others.
func privates(text string) ([]crypto.Signer, error) {
	var out []crypto.Signer
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return out, nil
		}
		if block.Type != "PRIVATE KEY" {
			continue
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		switch k := key.(type) {
		case *rsa.PrivateKey:
			if k.N.BitLen() >= ownBits {
				out = append(out, k)
			}
		case *ecdsa.PrivateKey:
			if k.Curve == elliptic.P256() {
				out = append(out, k)
			}
		}
	}
}

var errNoKey = errs.New(errs.Invalid, "there is no such key")

// publish adds a key to what the provider reads. It is named by its thumbprint (RFC 7638).
func (o *ownKeys) publish(key crypto.Signer, use, alg string) (kid string, err error) {
	public := jose.JSONWebKey{Key: key.Public(), Use: use, Algorithm: alg}
	sum, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", err
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	o.public.Keys = append(o.public.Keys, public)
	return public.KeyID, nil
}

func (o *ownKeys) readSign(text string) error {
	all, err := privates(text)
	if err != nil || len(all) != 1 {
		return errNoKey
	}
	alg := jose.ES256
	if _, is := all[0].(*rsa.PrivateKey); is {
		alg = jose.PS256
	}
	kid, err := o.publish(all[0], "sig", string(alg))
	o.sign = &jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: all[0], KeyID: kid}}
	return err
}

func (o *ownKeys) readDPoP(text string) error {
	all, err := privates(text)
	if err != nil || len(all) != 1 {
		return errNoKey
	}
	key, ok := all[0].(*ecdsa.PrivateKey)
	if !ok {
		return errNoKey
	}
	o.dpop = key
	return nil
}

func (o *ownKeys) readDecrypt(text string) error {
	all, err := privates(text)
	if err != nil || len(all) == 0 {
		return errNoKey
	}
	for _, key := range all {
		alg := jose.ECDH_ES
		if _, is := key.(*rsa.PrivateKey); is {
			alg = jose.RSA_OAEP_256
		}
		kid, err := o.publish(key, "enc", string(alg))
		if err != nil {
			return err
		}
		o.decrypt = append(o.decrypt, jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: string(alg)})
	}
	return nil
}

func (o *ownKeys) readNextSign(text string) error {
	next := ownKeys{}
	if err := next.readSign(text); err != nil {
		return err
	}
	o.public.Keys = append(o.public.Keys, next.public.Keys...)
	return nil
}

// readLast takes keys that providers may still encrypt to, and are told of no more.
func (o *ownKeys) readLast(text string) error {
	last := ownKeys{}
	if err := last.readDecrypt(text); err != nil {
		return err
	}
	o.decrypt = append(o.decrypt, last.decrypt...)
	return nil
}

func (o *ownKeys) readTLS(text string) error {
	pair, err := tls.X509KeyPair([]byte(text), []byte(text))
	if err != nil {
		return errNoKey
	}
	o.tls = &pair
	return nil
}

// PublicKeys implements federation.KeyPublisher.
func (c *connector) PublicKeys() any {
	if c.c.keys.public.Keys == nil {
		return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	}
	return c.c.keys.public
}

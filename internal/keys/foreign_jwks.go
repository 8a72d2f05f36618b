package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Limits of key sets that others send.
const (
	maxJWKS    = 64 << 10
	maxKeys    = 32
	maxRSABits = 4096
	minRSAExp  = 3
)

// ParseJWKS is ParseKeys for who only wants to verify; a set without a key that verifies is refused.
func ParseJWKS(raw []byte) (*jose.JSONWebKeySet, error) {
	verify, _, err := ParseKeys(raw)
	if err != nil {
		return nil, err
	}
	if len(verify.Keys) == 0 {
		return nil, errs.New(errs.Invalid, "No key of the set can verify a signature.")
	}
	return verify, nil
}

// ParseKeys reads a client's key set (RFC 7517 section 5) and returns the keys that may verify its signatures and those to which may be encrypted; a
// key that says neither is in both. The whole set is refused, with errs.Invalid, when any key is private, symmetric, weak (RSA below 2048 or above
// 4096 bits, or with an even exponent or one below 3), not on its curve, malformed, or has a key id twice. Keys of unknown types or uses are judged as
// far as they are understood and left out; a set with no key left is refused. Certificates and URLs in keys are neither read nor followed.
func ParseKeys(raw []byte) (verify, encrypt *jose.JSONWebKeySet, err error) {
	set, err := decodeObject(raw, maxJWKS)
	if err != nil {
		return nil, nil, err
	}
	list, ok := set["keys"].([]any)
	if !ok || len(list) == 0 || len(list) > maxKeys {
		return nil, nil, errs.New(errs.Invalid, "A key set has a list of 1 to 32 keys.")
	}
	verify, encrypt = &jose.JSONWebKeySet{}, &jose.JSONWebKeySet{}
	var kids []string
	for _, item := range list {
		members, ok := item.(map[string]any)
		if !ok {
			return nil, nil, errs.New(errs.Invalid, "A key of the set is not an object.")
		}
		key, u, err := parseJWK(members)
		if err != nil {
			return nil, nil, err
		}
		if kid, _ := members["kid"].(string); kid != "" {
			if slices.Contains(kids, kid) {
				return nil, nil, errs.New(errs.Invalid, "Two keys of the set have the same key id.")
			}
			kids = append(kids, kid)
		}
		if u.verify {
			verify.Keys = append(verify.Keys, *key)
		}
		if u.encrypt && slices.ContainsFunc(EncryptionAlgorithms(), func(alg string) bool { return Encrypts(*key, alg) }) {
			encrypt.Keys = append(encrypt.Keys, *key)
		}
	}
	if len(verify.Keys)+len(encrypt.Keys) == 0 {
		return nil, nil, errs.New(errs.Invalid, "No key of the set can verify a signature or be encrypted to.")
	}
	return verify, encrypt, nil
}

// uses are what a key may be used for.
type uses struct{ verify, encrypt bool }

// parseJWK judges one key; without uses it is a sound key for something else.
func parseJWK(members map[string]any) (*jose.JSONWebKey, uses, error) {
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if _, ok := members[name]; ok {
			return nil, uses{}, errs.New(errs.Invalid, "A key of the set is private or symmetric. Publish only public keys, and replace this one.")
		}
	}
	text := make(map[string]string)
	for _, name := range []string{"kty", "kid", "alg", "use", "crv", "n", "e", "x", "y"} {
		v, present := members[name]
		s, ok := v.(string)
		if present && !ok {
			return nil, uses{}, errs.New(errs.Invalid, "A key of the set has a member of the wrong type: "+name+".")
		}
		if ok {
			text[name] = s
		}
	}
	if kid := text["kid"]; len(kid) > maxKID || !printable(kid) {
		return nil, uses{}, errs.New(errs.Invalid, "A key id is longer than 256 characters or not printable.")
	}
	switch kty := text["kty"]; {
	case kty == "" || kty == "oct":
		return nil, uses{}, errs.New(errs.Invalid, "A key of the set has no type, or is symmetric.")
	case kty != "RSA" && kty != "EC" && (kty != "OKP" || text["crv"] != "Ed25519"):
		return nil, uses{}, nil // RFC 7517 section 5: what is not understood is ignored
	}
	key, err := publicKey(text)
	if err != nil {
		return nil, uses{}, err
	}
	u, err := usesOf(members)
	return key, u, err
}

// publicKey lets go-jose read the understood members, which it checks for curve, length and low order, and adds what it leaves to us.
func publicKey(text map[string]string) (*jose.JSONWebKey, error) {
	bad := errs.New(errs.Invalid, "A key of the set is malformed, or not on its curve.")
	clean, err := json.Marshal(text)
	if err != nil {
		return nil, bad
	}
	key := new(jose.JSONWebKey)
	if err := key.UnmarshalJSON(clean); err != nil || !key.Valid() {
		return nil, bad
	}
	if !strong(key.Key) {
		return nil, errs.New(errs.Invalid, "A key of the set is too weak, or larger than 4096 bits.")
	}
	return key, nil
}

// sized judges an RSA key's numbers; other types have one size.
func sized(pub any) bool {
	k, ok := pub.(*rsa.PublicKey)
	if !ok {
		return true
	}
	bits := k.N.BitLen()
	return bits >= minRSABits && bits <= maxRSABits && k.N.Bit(0) == 1 && k.E >= minRSAExp && k.E&1 == 1 && k.E <= 1<<31-1
}

// strong judges a key at registration.
func strong(pub any) bool {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return sized(k)
	case *ecdsa.PublicKey:
		_, err := k.ECDH() // checks the point
		return err == nil
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize && onEdwards25519(k)
	}
	return false
}

// usesOf reads use and key_ops (RFC 7517 sections 4.2 and 4.3). Both must allow a use; what contradicts itself is an error.
func usesOf(members map[string]any) (uses, error) {
	use, _ := members["use"].(string)
	u := uses{verify: use == "" || use == "sig", encrypt: use == "" || use == "enc"}
	ops, present := members["key_ops"]
	if !present {
		return u, nil
	}
	list, ok := ops.([]any)
	if !ok {
		return uses{}, errs.New(errs.Invalid, "A key of the set has a member of the wrong type: key_ops.")
	}
	verifies := slices.Contains(list, any("verify"))
	if use != "" && verifies != (use == "sig") {
		return uses{}, errs.New(errs.Invalid, "The use and key_ops of a key contradict each other.")
	}
	receives := slices.ContainsFunc(list, func(op any) bool {
		return slices.Contains([]any{"encrypt", "wrapKey", "deriveKey", "deriveBits"}, op)
	})
	return uses{verify: u.verify && verifies, encrypt: u.encrypt && receives}, nil
}

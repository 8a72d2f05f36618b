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

// ParseJWKS reads a client's key set (RFC 7517 section 5) and returns the keys that may verify its signatures. The whole set is refused, with
// errs.Invalid, when any key is private, symmetric, weak (RSA below 2048 or above 4096 bits, or with an even exponent or one below 3), not on its
// curve, malformed, or has a key id twice. Keys for encryption (use, key_ops) and of unknown types are judged as far as they are understood and
// left out; a set with no key left is refused. Certificates and URLs in keys are neither read nor followed.
func ParseJWKS(raw []byte) (*jose.JSONWebKeySet, error) {
	set, err := decodeObject(raw, maxJWKS)
	if err != nil {
		return nil, err
	}
	list, ok := set["keys"].([]any)
	if !ok || len(list) == 0 || len(list) > maxKeys {
		return nil, errs.New(errs.Invalid, "A key set has a list of 1 to 32 keys.")
	}
	out := &jose.JSONWebKeySet{}
	var kids []string
	for _, item := range list {
		members, ok := item.(map[string]any)
		if !ok {
			return nil, errs.New(errs.Invalid, "A key of the set is not an object.")
		}
		key, err := parseJWK(members)
		if err != nil {
			return nil, err
		}
		if kid, _ := members["kid"].(string); kid != "" {
			if slices.Contains(kids, kid) {
				return nil, errs.New(errs.Invalid, "Two keys of the set have the same key id.")
			}
			kids = append(kids, kid)
		}
		if key != nil {
			out.Keys = append(out.Keys, *key)
		}
	}
	if len(out.Keys) == 0 {
		return nil, errs.New(errs.Invalid, "No key of the set can verify a signature.")
	}
	return out, nil
}

// parseJWK judges one key; nil without an error is a sound key that does not verify.
func parseJWK(members map[string]any) (*jose.JSONWebKey, error) {
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if _, ok := members[name]; ok {
			return nil, errs.New(errs.Invalid, "A key of the set is private or symmetric. Publish only public keys, and replace this one.")
		}
	}
	text := make(map[string]string)
	for _, name := range []string{"kty", "kid", "alg", "use", "crv", "n", "e", "x", "y"} {
		v, present := members[name]
		s, ok := v.(string)
		if present && !ok {
			return nil, errs.New(errs.Invalid, "A key of the set has a member of the wrong type: "+name+".")
		}
		if ok {
			text[name] = s
		}
	}
	if kid := text["kid"]; len(kid) > maxKID || !printable(kid) {
		return nil, errs.New(errs.Invalid, "A key id is longer than 256 characters or not printable.")
	}
	switch kty := text["kty"]; {
	case kty == "" || kty == "oct":
		return nil, errs.New(errs.Invalid, "A key of the set has no type, or is symmetric.")
	case kty != "RSA" && kty != "EC" && (kty != "OKP" || text["crv"] != "Ed25519"):
		return nil, nil // RFC 7517 section 5: what is not understood is ignored
	}
	key, err := publicKey(text)
	if err != nil {
		return nil, err
	}
	verifies, err := mayVerify(members)
	if err != nil || !verifies {
		return nil, err
	}
	return key, nil
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

// mayVerify reads use and key_ops (RFC 7517 sections 4.2 and 4.3). Both must allow it; what contradicts itself is an error.
func mayVerify(members map[string]any) (bool, error) {
	use, _ := members["use"].(string)
	verifies := use == "" || use == "sig"
	ops, present := members["key_ops"]
	if !present {
		return verifies, nil
	}
	list, ok := ops.([]any)
	if !ok {
		return false, errs.New(errs.Invalid, "A key of the set has a member of the wrong type: key_ops.")
	}
	listed := slices.Contains(list, any("verify"))
	if use != "" && listed != (use == "sig") {
		return false, errs.New(errs.Invalid, "The use and key_ops of a key contradict each other.")
	}
	return verifies && listed, nil
}

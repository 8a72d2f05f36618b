package keys

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// encrypting is quick with encryption keys.
func encrypting() SetConfig {
	c := quick
	c.Encryption = EncryptionAlgorithms()
	return c
}

// encKeys are the encryption keys that anybody sees in a set.
func encKeys(t testing.TB, s *Set) *jose.JSONWebKeySet {
	t.Helper()
	body, _, _ := s.JWKS()
	_, enc, err := ParseKeys(body)
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

func TestEncryptAndDecrypt(t *testing.T) {
	s := newWorld(t).node(t, encrypting())
	set := encKeys(t, s)
	if len(set.Keys) != 2 {
		t.Fatalf("%d encryption keys published", len(set.Keys))
	}
	for _, alg := range EncryptionAlgorithms() {
		for _, enc := range ContentEncryptions() {
			jwe, err := EncryptTo(set, alg, enc, "JWT", []byte("a.b.c"))
			if err != nil {
				t.Fatal(err)
			}
			plain, h, err := s.Decrypt(jwe)
			if err != nil || string(plain) != "a.b.c" || h.Algorithm != alg || h.Encryption != enc || h.KeyID == "" {
				t.Errorf("%s %s: %q %+v %v", alg, enc, plain, h, err)
			}
			if _, _, err := s.Verify(jwe, everyAlgorithm(), ""); !errs.Is(err, errs.Invalid) {
				t.Errorf("a JWE verifies as a signature: %v", err)
			}
		}
	}
	if _, err := s.Sign(RSAOAEP256, "", []byte("{}")); !errs.Is(err, errs.Invalid) {
		t.Errorf("an encryption key signs: %v", err)
	}
	if _, err := EncryptTo(&jose.JSONWebKeySet{}, RSAOAEP256, A256GCM, "", []byte("x")); !errs.Is(err, errs.NotFound) {
		t.Errorf("no key: %v", err)
	}
}

func TestEncryptionKeyRotates(t *testing.T) {
	w := newWorld(t)
	s := w.node(t, encrypting())
	old := encKeys(t, s)
	sent, err := EncryptTo(old, ECDHESA256KW, A128GCM, "", []byte("late"))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Add(quick.RotateEvery)
	for range 2 {
		if err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clock.Add(quick.PublishAhead)
	}
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, k := range encKeys(t, s).Keys {
		if slices.ContainsFunc(old.Keys, func(o jose.JSONWebKey) bool { return o.KeyID == k.KeyID }) {
			t.Errorf("a retired encryption key is still offered: %s", k.Algorithm)
		}
	}
	if plain, _, err := s.Decrypt(sent); err != nil || string(plain) != "late" {
		t.Errorf("what was sent to the retired key: %v", err)
	}
	w.clock.Add(quick.TokenLifetimeMax + quick.PublishAhead + time.Second)
	if _, _, err := s.Decrypt(sent); !errs.Is(err, errs.Invalid) {
		t.Errorf("an expired key still opens: %v", err)
	}
}

// reheadJWE replaces a JWE's header.
func reheadJWE(t testing.TB, jwe string, header map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(jwe, ".")
	return b64(raw) + "." + rest
}

// hostileJWEs are JW10's: bombs, passwords, missing keys, points off the curve.
func hostileJWEs(t testing.TB, s *Set) []string {
	set := encKeys(t, s)
	good, err := EncryptTo(set, ECDHESA256KW, A128GCM, "JWT", []byte("a.b.c"))
	if err != nil {
		t.Fatal(err)
	}
	p := strings.Split(good, ".")
	kid := set.Keys[slices.IndexFunc(set.Keys, func(k jose.JSONWebKey) bool { return k.Algorithm == ECDHESA256KW })].KeyID
	epk := map[string]any{"kty": "EC", "crv": "P-256", "x": b64(make([]byte, 32)), "y": b64([]byte(strings.Repeat("\x01", 32)))}
	base := func(more map[string]any) map[string]any {
		h := map[string]any{"alg": ECDHESA256KW, "enc": A128GCM, "kid": kid}
		for k, v := range more {
			h[k] = v
		}
		return h
	}
	out := []string{
		"", "....", strings.Repeat(".", 100_000), p[0] + "..." + p[3] + "." + p[4], p[0] + ".." + strings.Join(p[2:], "."), good + ".x", good[:len(good)-1],
		strings.Repeat("a", maxEncrypted+1) + "....", p[0] + "\n." + strings.Join(p[1:], "."),
	}
	for _, h := range []map[string]any{
		base(nil), base(map[string]any{"epk": epk}), base(map[string]any{"epk": nil}), base(map[string]any{"zip": "DEF"}), base(map[string]any{"crit": []string{"exp"}}),
		base(map[string]any{"alg": "PBES2-HS256+A128KW", "p2c": 1<<31 - 1, "p2s": "c2FsdA"}), base(map[string]any{"alg": "PBES2-HS256+A128KW"}),
		base(map[string]any{"alg": "dir"}), base(map[string]any{"alg": "A256KW"}), base(map[string]any{"alg": "RSA1_5"}), base(map[string]any{"alg": "RSA-OAEP"}),
		base(map[string]any{"alg": RSAOAEP256}), base(map[string]any{"alg": "ECDH-ES"}), base(map[string]any{"enc": "none"}), base(map[string]any{"enc": ""}),
		base(map[string]any{"alg": 1}), base(map[string]any{"kid": strings.Repeat("k", 257)}), base(map[string]any{"kid": "../../etc/passwd"}),
		base(map[string]any{"jwk": epk}), base(map[string]any{"jku": "http://127.0.0.1/"}), {},
	} {
		out = append(out, reheadJWE(t, good, h))
	}
	return out
}

func TestJW10HostileJWE(t *testing.T) {
	s := newWorld(t).node(t, encrypting())
	for i, jwe := range hostileJWEs(t, s) {
		var err error
		if bytes := allocated(func() { _, _, err = s.Decrypt(jwe) }); bytes > 10<<20 {
			t.Errorf("JWE %d: %d bytes allocated", i, bytes)
		}
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("JWE %d: %v: %.120s", i, err, jwe)
		}
	}
}

func TestParseKeysByUse(t *testing.T) {
	s := newWorld(t).node(t, encrypting())
	body, _, _ := s.JWKS()
	verify, encrypt, err := ParseKeys(body)
	if err != nil || len(verify.Keys) != len(quick.Algorithms) || len(encrypt.Keys) != 2 {
		t.Fatalf("%d verify, %d are encrypted to: %v", len(verify.Keys), len(encrypt.Keys), err)
	}
	raw, err := json.Marshal(encrypt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseJWKS(raw); !errs.Is(err, errs.Invalid) {
		t.Errorf("a set of encryption keys verifies: %v", err)
	}
	if v, e, err := ParseKeys(raw); err != nil || len(v.Keys) != 0 || len(e.Keys) != 2 {
		t.Errorf("a set of encryption keys: %v", err)
	}
}

func FuzzDecrypt(f *testing.F) {
	s := newWorld(f).node(f, encrypting())
	for _, jwe := range hostileJWEs(f, s) {
		f.Add(jwe)
	}
	for _, alg := range EncryptionAlgorithms() {
		jwe, err := EncryptTo(encKeys(f, s), alg, A256GCM, "JWT", []byte("x"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(jwe)
	}
	f.Fuzz(func(t *testing.T, jwe string) {
		plain, h, err := s.Decrypt(jwe)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
		if err == nil && (!encrypts(h.Algorithm) || len(plain) > len(jwe)) {
			t.Errorf("opened %d bytes with %+v", len(plain), h)
		}
	})
}

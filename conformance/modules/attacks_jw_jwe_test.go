package modules

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/storage"
)

// rehead5 puts another header before a JWE.
func rehead5(t *testing.T, jwe string, header object) string {
	t.Helper()
	_, rest, _ := strings.Cut(jwe, ".")
	return segment(t, header) + "." + rest
}

// JW10: bombs, passwords, missing keys and points off the curve are refused before anything large is computed.
func TestJW10_JWEBombs(t *testing.T) {
	w := open(t)
	rp, k := w.signing("ES256", storage.ClientMetadata{})
	good := w.encrypted(w.published(), "ECDH-ES+A256KW", "A128GCM", k.sign("ES256", nil, w.ask(rp)))
	w.begins(w.beside(rp, good))
	p := strings.Split(good, ".")
	raw, err := base64.RawURLEncoding.DecodeString(p[0])
	w.must(err)
	var header object
	w.must(json.Unmarshal(raw, &header))
	offCurve := object{"kty": "EC", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(make([]byte, 32)), "y": base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\x01", 32)))}
	bomb, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.ECDH_ES_A256KW, Key: w.encKey("ECDH-ES+A256KW").Key, KeyID: w.encKey("ECDH-ES+A256KW").KeyID}, &jose.EncrypterOptions{Compression: jose.DEFLATE})
	w.must(err)
	zipped, err := bomb.Encrypt([]byte(strings.Repeat("a", 8<<20)))
	w.must(err)
	deflated, err := zipped.CompactSerialize()
	w.must(err)
	hostile := []string{
		deflated, p[0] + ".." + strings.Join(p[2:], "."), p[0] + "...." + p[4], "....", p[0] + "....", good[:len(good)-4] + "AAAA",
		rehead5(t, good, with(header, object{"epk": offCurve})), rehead5(t, good, with(header, object{"epk": nil})),
		rehead5(t, good, object{"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 1<<31 - 1, "p2s": "c2FsdA"}),
		rehead5(t, good, with(header, object{"alg": "dir"})), rehead5(t, good, with(header, object{"alg": "RSA1_5"})), rehead5(t, good, with(header, object{"alg": "A256KW"})),
		rehead5(t, good, with(header, object{"alg": "RSA-OAEP-256"})), rehead5(t, good, with(header, object{"enc": "A192GCM"})), rehead5(t, good, with(header, object{"kid": "other"})),
		rehead5(t, good, with(header, object{"kid": strings.Repeat("k", 300)})), rehead5(t, good, with(header, object{"crit": []string{"exp"}})),
	}
	for i, jwe := range hostile {
		bytes := allocated(func() {
			w.objected("jar.encryption", w.beside(rp, jwe, "state", "out"), rp, "invalid_request_object", "out")
		})
		if bytes > 10<<20 {
			t.Errorf("JWE %d: %d bytes allocated", i, bytes)
		}
	}
	w.objected("jar.signature", w.beside(rp, good+".x", "state", "out"), rp, "invalid_request_object", "out")
	// Five parts where a JWS is expected.
	w.refused(w.Call("/oauth2/token", nil, form("grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", good, "client_id", rp.ID)), 401, "invalid_client")
	if a := w.Userinfo(good); a.Status != 401 {
		t.Errorf("a JWE as access token: %d", a.Status)
	}
	w.refusedTo(w.Get(w.AuthURL(rp, "prompt", "none", "id_token_hint", good)), rp, "query", "invalid_request")
}

// encKey is our published encryption key for an algorithm.
func (w *world) encKey(alg string) jose.JSONWebKey {
	w.t.Helper()
	set := w.published()
	i := slices.IndexFunc(set.Keys, func(k jose.JSONWebKey) bool { return k.Use == "enc" && k.Algorithm == alg })
	if i < 0 {
		w.t.Fatalf("no key for %s", alg)
	}
	return set.Keys[i]
}

// JW11: anybody can encrypt to us; what is inside counts only with the client's signature.
func TestJW11_InnerUnsigned(t *testing.T) {
	w := open(t)
	rp, k := w.signing("ES256", storage.ClientMetadata{})
	_, stranger := w.signing("ES256", storage.ClientMetadata{})
	claims, err := json.Marshal(w.ask(rp))
	w.must(err)
	good := k.sign("ES256", nil, w.ask(rp))
	for _, alg := range encryptions() {
		for _, inner := range []string{
			unsigned(t, object{"alg": "none"}, w.ask(rp)), unsigned(t, object{"alg": "none", "kid": "key-1"}, w.ask(rp)), string(claims), "", strings.TrimSuffix(good, good[strings.LastIndexByte(good, '.'):]),
			stranger.sign("ES256", nil, w.ask(rp)), good[:strings.LastIndexByte(good, '.')+1], w.encrypted(w.published(), alg, "A256GCM", good),
			symmetric(t, "HS256", []byte("key"), object{}, w.ask(rp)),
		} {
			row := "jar.signature"
			if inner == "" {
				row = "jar.encryption" // an empty text has no ciphertext
			}
			w.objected(row, w.beside(rp, w.encrypted(w.published(), alg, "A256GCM", inner), "state", "out"), rp, "invalid_request_object", "out")
		}
		w.begins(w.beside(rp, w.encrypted(w.published(), alg, "A256GCM", good)))
	}
	// Registered algorithms of encryption are kept to as well.
	only, ok := w.signing("ES256", storage.ClientMetadata{ClientRequests: storage.ClientRequests{RequestObjectEncryptionAlg: "RSA-OAEP-256", RequestObjectEncryptionEnc: "A256GCM"}})
	object := ok.sign("ES256", nil, w.ask(only))
	w.begins(w.beside(only, w.encrypted(w.published(), "RSA-OAEP-256", "A256GCM", object)))
	w.objected("jar.encryption", w.beside(only, w.encrypted(w.published(), "RSA-OAEP-256", "A128GCM", object)), only, "invalid_request_object", "")
	w.objected("jar.encryption", w.beside(only, w.encrypted(w.published(), "ECDH-ES+A256KW", "A256GCM", object)), only, "invalid_request_object", "")
}

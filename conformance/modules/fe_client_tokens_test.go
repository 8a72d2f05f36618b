package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func encryptTo(t *testing.T, to jose.Recipient, opts *jose.EncrypterOptions) func(string) string {
	return func(token string) string {
		e, err := jose.NewEncrypter(jose.A256GCM, to, opts)
		if err != nil {
			t.Error(err)
			return ""
		}
		jwe, err := e.Encrypt([]byte(token))
		if err != nil {
			t.Error(err)
			return ""
		}
		out, err := jwe.CompactSerialize()
		if err != nil {
			t.Error(err)
		}
		return out
	}
}

// encryptedTo encrypts to a published key.
func encryptedTo(t *testing.T, set jose.JSONWebKeySet, kid string) func(string) string {
	t.Helper()
	found := set.Key(kid)
	if len(found) != 1 {
		t.Fatal(kid)
	}
	return encryptTo(t, jose.Recipient{Algorithm: jose.KeyAlgorithm(found[0].Algorithm), Key: found[0].Key, KeyID: kid}, nil)
}

// TestFE_Encrypted: ID tokens are encrypted to our published key by what is safe, or refused alike.
func TestFE_Encrypted(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "encrypted_id_token": true})
	var ec, rsa jose.JSONWebKey
	for _, k := range w.published("corp").Keys {
		switch k.Algorithm {
		case "ECDH-ES":
			ec = k
		case "RSA-OAEP-256":
			rsa = k
		}
	}
	to := func(alg jose.KeyAlgorithm, key any, kid string, opts *jose.EncrypterOptions) func(string) string {
		return encryptTo(t, jose.Recipient{Algorithm: alg, Key: key, KeyID: kid}, opts)
	}
	for name, encrypt := range map[string]func(string) string{
		"RSA": to(jose.RSA_OAEP_256, rsa.Key, rsa.KeyID, nil), "EC": to(jose.ECDH_ES, ec.Key, ec.KeyID, nil), "no kid": to(jose.ECDH_ES, ec.Key, "", nil),
	} {
		o.set(func(o *socialOP) { o.encrypt = encrypt })
		_, page := w.by("corp", o)
		if w.subject(page) == "" {
			t.Error(name)
		}
	}
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := to(jose.ECDH_ES, ec.Key, ec.KeyID, nil)
	for name, c := range map[string]struct {
		check   string
		encrypt func(string) string
	}{
		"plain":      {"oidc_id_token.encryption", func(s string) string { return s }},
		"SHA-1":      {"oidc_id_token.encryption", to(jose.RSA_OAEP, rsa.Key, rsa.KeyID, nil)},
		"PKCS 1":     {"oidc_id_token.encryption", to(jose.RSA1_5, rsa.Key, rsa.KeyID, nil)},
		"wrapped":    {"oidc_id_token.encryption", to(jose.ECDH_ES_A128KW, ec.Key, ec.KeyID, nil)},
		"password":   {"oidc_id_token.encryption", to(jose.PBES2_HS256_A128KW, []byte("upstream-secret"), "", nil)},
		"direct":     {"oidc_id_token.encryption", to(jose.DIRECT, []byte("0123456789abcdef0123456789abcdef"), "", nil)},
		"compressed": {"oidc_id_token.encryption", to(jose.ECDH_ES, ec.Key, ec.KeyID, &jose.EncrypterOptions{Compression: jose.DEFLATE})},
		"other key":  {"oidc_id_token.encryption", to(jose.ECDH_ES, foreign.Public(), "", nil)},
		"other kid":  {"oidc_id_token.encryption", to(jose.ECDH_ES, ec.Key, rsa.KeyID, nil)},
		"cut":        {"oidc_id_token.encryption", func(s string) string { return good(s)[:40] + "...." }},
		"long":       {"oidc_id_token.encryption", func(s string) string { return good(s + strings.Repeat("x", 60<<10)) }},
		"unsigned":   {"oidc_id_token.signature", func(string) string { return good("eyJhbGciOiJub25lIn0.e30.") }},
		"twice":      {"oidc_id_token.signature", func(s string) string { return good(good(s)) }},
	} {
		o.set(func(o *socialOP) { o.encrypt = c.encrypt })
		t.Run(name, func(t *testing.T) {
			(&feWorld{Server: w.Server, t: t, rp: w.rp}).no("corp", o, nil, c.check)
		})
	}
	plain := newSocialOP(t, w.Clock.Now, nil)
	w.provider("plain", "oidc", map[string]any{"issuer": plain.url()})
	plain.set(func(o *socialOP) { o.encrypt = good })
	w.no("plain", plain, nil, "oidc_id_token.encryption")
}

// TestFE_EncryptedLogout: a logout token may be encrypted as ID tokens are.
func TestFE_EncryptedLogout(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "encrypted_id_token": true})
	set := w.published("corp")
	key := set.Keys[slices.IndexFunc(set.Keys, func(k jose.JSONWebKey) bool { return k.Algorithm == "ECDH-ES" })]
	encrypt := func(token string) string {
		e, err := jose.NewEncrypter(jose.A128CBC_HS256, jose.Recipient{Algorithm: jose.ECDH_ES, Key: key.Key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		jwe, err := e.Encrypt([]byte(token))
		if err != nil {
			t.Fatal(err)
		}
		out, err := jwe.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	o.set(func(o *socialOP) { o.encrypt = encrypt })
	for i, wrap := range []func(string) string{encrypt, func(s string) string { return s }} {
		b, page := w.by("corp", o)
		w.subject(page)
		now := w.Clock.Now().Unix()
		payload, err := json.Marshal(map[string]any{
			"iss": o.url(), "aud": "jedan", "iat": now, "exp": now + 60, "jti": fmt.Sprint(i), "sub": "sub-1", "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if status := w.backchannel(wrap(signed(t, o.key, jose.ES256, "k1", payload))); status != http.StatusOK || in(b) {
			t.Errorf("%d: %d", i, status)
		}
	}
	mark := w.Log.Mark()
	if status := w.backchannel("a.b.c.d.e"); status != http.StatusBadRequest || strings.Join(w.Log.Refused(mark), "") != "oidc_logout.encryption" {
		t.Error(status, w.Log.Refused(mark))
	}
}

// front is a browser that brings code and ID token by a form.
func (w *feWorld) front(o *socialOP, claims map[string]any, change func(form url.Values)) (page int, by string) {
	w.t.Helper()
	b, mark := w.Browser(), w.Log.Mark()
	to := w.away(b, "corp")
	if q := to.Query(); q.Get("response_type") != "code id_token" || q.Get("response_mode") != "form_post" {
		w.t.Fatal(to)
	}
	form := o.visit(to)
	sum := sha256.Sum256([]byte(form.Get("code")))
	state := sha256.Sum256([]byte(form.Get("state")))
	full := map[string]any{"c_hash": text64(sum[:16]), "s_hash": text64(state[:16])}
	for k, v := range claims {
		full[k] = v
	}
	o.set(func(o *socialOP) {
		o.claims = full
		form.Set("id_token", o.idToken(to.Query()))
		o.claims = map[string]any{}
	})
	if change != nil {
		change(form)
	}
	p := b.PostFrom(o.url(), "/federation/corp/callback", form).Submit()
	if refused := w.Log.Refused(mark); len(refused) > 0 {
		return p.Status, refused[0]
	}
	w.subject(p)
	return p.Status, ""
}

// TestFE_Hybrid: only where a connector asks for it, and then the token binds the code.
func TestFE_Hybrid(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "response_type": "code id_token"})
	if _, by := w.front(o, nil, nil); by != "" {
		t.Fatal(by)
	}
	if _, by := w.front(o, map[string]any{"s_hash": nil}, nil); by != "" {
		t.Error(by)
	}
	old := w.Clock.Now().Add(-time.Hour).Unix()
	for name, c := range map[string]struct {
		check  string
		claims map[string]any
		change func(url.Values)
	}{
		"no token":     {"oidc_front.id_token", nil, func(f url.Values) { f.Del("id_token") }},
		"encrypted":    {"oidc_front.encryption", nil, func(f url.Values) { f.Set("id_token", "a.b.c.d.e") }},
		"forged":       {"oidc_front.signature", nil, func(f url.Values) { f.Set("id_token", "a.b.c") }},
		"iss":          {"oidc_front.iss", map[string]any{"iss": "https://other.example"}, nil},
		"aud":          {"oidc_front.aud", map[string]any{"aud": "another"}, nil},
		"azp":          {"oidc_front.azp", map[string]any{"azp": "another"}, nil},
		"time":         {"oidc_front.time", map[string]any{"exp": old}, nil},
		"nonce":        {"oidc_front.nonce", map[string]any{"nonce": "another"}, nil},
		"no sub":       {"oidc_front.sub", map[string]any{"sub": nil}, nil},
		"c_hash":       {"oidc_front.c_hash", map[string]any{"c_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, nil},
		"no c_hash":    {"oidc_front.c_hash", map[string]any{"c_hash": nil}, nil},
		"another code": {"oidc_front.c_hash", nil, func(f url.Values) { f.Set("code", "stolen") }},
		"s_hash":       {"oidc_front.s_hash", map[string]any{"s_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, nil},
		"another sub":  {"oidc_id_token.front", map[string]any{"sub": "sub-2"}, nil},
	} {
		visits := o.visits
		if _, by := w.front(o, c.claims, c.change); by != c.check {
			t.Errorf("%s: refused by %q, want %s", name, by, c.check)
		}
		if o.visits != visits && c.check != "oidc_id_token.front" {
			t.Errorf("%s: the code was redeemed", name)
		}
	}
	if w.tryProvider("bad", "oidc", map[string]any{"issuer": o.url(), "response_type": "id_token"}) == nil {
		t.Error("a token without a code")
	}
}

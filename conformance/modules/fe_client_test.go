package modules

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/jedan-auth/jedan-auth/federation"
)

// published are the keys that an upstream reads of us.
func (w *feWorld) published(name string) jose.JSONWebKeySet {
	w.t.Helper()
	resp, err := w.HTTP.Get(w.URL + "/federation/" + name + "/jwks")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read
	raw, err := io.ReadAll(resp.Body)
	var set jose.JSONWebKeySet
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(raw, &set) != nil {
		w.t.Fatalf("%d %s %v", resp.StatusCode, raw, err)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() {
			w.t.Fatal("a private key is published")
		}
	}
	return set
}

func (w *feWorld) change(name string, change func(d *federation.Draft)) error {
	_, err := w.App.Connectors.Update(w.t.Context(), name, func(d *federation.Draft) error { change(d); return nil }, operator())
	return err
}

// TestFE_PrivateKeyJWT: we show who we are by a key that is made and published here, stays with the connector and goes with its upstream.
func TestFE_PrivateKeyJWT(t *testing.T) {
	w := newSocial(t)
	used := map[string]bool{}
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.client = func(r *http.Request) bool {
			token, err := jwt.ParseSigned(r.PostFormValue("client_assertion"), []jose.SignatureAlgorithm{jose.ES256, jose.PS256})
			if err != nil || r.PostFormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || r.PostForm.Has("client_secret") {
				return false
			}
			set := w.published("corp")
			keys := set.Key(token.Headers[0].KeyID)
			var c jwt.Claims
			if len(keys) != 1 || keys[0].Use != "sig" || token.Claims(keys[0].Key, &c) != nil || used[c.ID] || c.ID == "" {
				return false
			}
			used[c.ID] = true
			now := w.Clock.Now()
			return c.Issuer == "jedan" && c.Subject == "jedan" && len(c.Audience) == 1 && c.Audience[0] == o.url() && c.Expiry.Time().After(now) && c.Expiry.Time().Before(now.Add(5*time.Minute))
		}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "client_secret": nil, "token_endpoint_auth_method": "private_key_jwt"})
	for range 2 {
		_, page := w.by("corp", o)
		w.subject(page)
	}
	before := w.published("corp").Keys[0].KeyID
	if err := w.change("corp", func(d *federation.Draft) { d.Title = "x" }); err != nil || w.published("corp").Keys[0].KeyID != before {
		t.Error("the key does not stay: ", err)
	}
	row, err := w.App.Connectors.ByName(t.Context(), "corp")
	if err != nil || strings.Contains(row.Settings, "PRIVATE") {
		t.Error("the key is not sealed", err)
	}
	if err := w.change("corp", func(d *federation.Draft) { configure(d, "issuer", "https://other.example") }); err != nil || w.published("corp").Keys[0].KeyID == before {
		t.Error("the key went to another upstream: ", err)
	}
	plain := newSocialOP(t, w.Clock.Now, nil)
	w.provider("plain", "oidc", map[string]any{"issuer": plain.url()})
	if n := len(w.published("plain").Keys); n != 0 {
		t.Errorf("%d keys", n)
	}
	if err := w.change("plain", func(d *federation.Draft) { configure(d, "token_endpoint_auth_method", "private_key_jwt") }); err != nil || len(w.published("plain").Keys) != 1 {
		t.Error("a connector cannot go on from a secret to a key: ", err)
	}
}

// TestFE_OwnSecrets: what is ours stays when the upstream gives another secret, and the upstream's when ours is replaced.
func TestFE_OwnSecrets(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "encrypted_id_token": true})
	before := w.published("corp")
	if len(before.Keys) != 2 {
		t.Fatal(before)
	}
	if err := w.change("corp", func(d *federation.Draft) { configure(d, "client_secret", "another") }); err != nil || w.published("corp").Keys[0].KeyID != before.Keys[0].KeyID {
		t.Error("ours went: ", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(o.key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err := w.change("corp", func(d *federation.Draft) { configure(d, "encryption_key", text) }); err != nil || len(w.published("corp").Keys) != 1 {
		t.Error("theirs went, or ours was not replaced: ", err)
	}
	if err := w.change("corp", func(d *federation.Draft) { configure(d, "issuer", "https://evil.example") }); err == nil {
		t.Error("the secret went to another host")
	}
	if err := w.change("corp", func(d *federation.Draft) { configure(d, "encryption_key", "no PEM") }); err == nil {
		t.Error("a key that is none was taken")
	}
}

// TestFE_PAR: the browser brings the name of the request, and nothing of it.
func TestFE_PAR(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"pushed_authorization_request_endpoint": o.url() + "/par", "require_pushed_authorization_requests": true}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	to := w.away(w.Browser(), "corp")
	if q := to.Query(); len(q) != 2 || q.Get("client_id") != "jedan" || q.Get("request_uri") == "" {
		t.Error(to)
	}
	_, page := w.by("corp", o)
	w.subject(page)
	start := func(name string) int {
		b := w.Browser()
		page := b.Get(w.AuthURL(w.rp))
		p := b.Get("/" + strings.TrimPrefix(hrefOf(page.Body, "login-connector-"+name), "/"))
		if p.Location != nil {
			t.Error("sent away with ", p.Location)
		}
		return p.Status
	}
	for name, said := range map[string]any{"none": map[string]any{}, "odd": map[string]any{"request_uri": "a b"}, "long": map[string]any{"request_uri": strings.Repeat("x", 600)}, "a list": []int{}} {
		o.set(func(o *socialOP) {
			o.pushes = func(h http.ResponseWriter) bool { h.WriteHeader(http.StatusCreated); o.json(h, said); return true }
		})
		if status := start("corp"); status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", name, status)
		}
	}
	without := newSocialOP(t, w.Clock.Now, nil)
	w.provider("without", "oidc", map[string]any{"issuer": without.url(), "par": true})
	if status := start("without"); status != http.StatusServiceUnavailable {
		t.Errorf("a provider that takes none: %d", status)
	}
}

// proofs checks DPoP proofs as RFC 9449 section 4.3 says, with a nonce of each endpoint's own.
type proofs struct {
	o    *socialOP
	key  string
	jtis map[string]bool
	asks int
}

func (p *proofs) check(w http.ResponseWriter, r *http.Request, token string) bool {
	p.asks++
	deny := func(code string) bool {
		w.Header().Set("DPoP-Nonce", "nonce-of-"+r.URL.Path)
		if token != "" {
			w.Header().Set("WWW-Authenticate", `DPoP error="`+code+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		p.o.json(w, map[string]any{"error": code})
		return false
	}
	jws, err := jose.ParseSigned(r.Header.Get("DPoP"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || jws.Signatures[0].Protected.JSONWebKey == nil || jws.Signatures[0].Protected.ExtraHeaders["typ"] != "dpop+jwt" {
		return deny("invalid_dpop_proof")
	}
	key := jws.Signatures[0].Protected.JSONWebKey
	raw, err := jws.Verify(key.Key)
	var c struct{ JTI, HTM, HTU, ATH, Nonce string }
	if err != nil || json.Unmarshal(raw, &c) != nil || !key.IsPublic() {
		return deny("invalid_dpop_proof")
	}
	sum := sha256.Sum256([]byte(token))
	if p.jtis[c.JTI] || c.HTM != r.Method || c.HTU != p.o.url()+r.URL.Path || token != "" && (c.ATH != text64(sum[:]) || r.Header.Get("Authorization") != "DPoP "+token) {
		return deny("invalid_dpop_proof")
	}
	p.jtis[c.JTI] = true
	if c.Nonce != "nonce-of-"+r.URL.Path {
		return deny("use_dpop_nonce")
	}
	thumb, err := key.Thumbprint(crypto.SHA256)
	if err != nil || p.key != "" && p.key != text64(thumb) {
		return deny("invalid_dpop_proof")
	}
	p.key = text64(thumb)
	return true
}

// TestFE_DPoP: tokens are bound to a key of ours that stays, and a plain one is not taken.
func TestFE_DPoP(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	p := &proofs{o: o, jtis: map[string]bool{}}
	o.set(func(o *socialOP) {
		o.prove, o.said, o.user = p.check, map[string]any{"token_type": "DPoP"}, map[string]any{"sub": "sub-1", "nickname": "dee"}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "dpop": true, "userinfo": true})
	to := w.away(w.Browser(), "corp").Query()
	_, page := w.by("corp", o)
	w.subject(page)
	if to.Get("dpop_jkt") != p.key || p.key == "" {
		t.Errorf("the code is bound to %q, the tokens to %q", to.Get("dpop_jkt"), p.key)
	}
	asks := p.asks
	if id, err := w.recheck("corp", o.url()+"\nsub-1", &federation.Tokens{Refresh: "refresh-2"}); err != nil || id.Profile["nickname"] != "dee" {
		t.Error("a refresh: ", err, p.asks-asks)
	}
	o.set(func(o *socialOP) { o.said = map[string]any{"token_type": "Bearer"} })
	b, mark := w.Browser(), w.Log.Mark()
	w.refusedBy(b, w.back(b, "corp", o.visit(w.away(b, "corp"))), mark, "oidc_answer.token_type")
	o.set(func(o *socialOP) { // one that is never content
		o.prove = func(h http.ResponseWriter, _ *http.Request, _ string) bool {
			p.asks++
			h.Header().Set("DPoP-Nonce", "x")
			h.WriteHeader(http.StatusBadRequest)
			o.json(h, map[string]any{"error": "use_dpop_nonce"})
			return false
		}
	})
	asks = p.asks
	if _, page := w.by("corp", o); page.Status != http.StatusServiceUnavailable || p.asks-asks != 2 {
		t.Errorf("%d, asked %d times", page.Status, p.asks-asks)
	}
}

// clientPair is a certificate for us, in PEM with its key.
func clientPair(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "jedan"}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})) + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
}

// TestFE_TLS: an authority of the upstream's own, and a certificate by which we show who we are, where it is asked for.
func TestFE_TLS(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, func(o *socialOP) {
		o.tls = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
		o.client = func(r *http.Request) bool {
			return len(r.TLS.PeerCertificates) == 1 && r.TLS.PeerCertificates[0].Subject.CommonName == "jedan" && r.PostFormValue("client_id") == "jedan"
		}
	})
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: o.http.Certificate().Raw}))
	config := map[string]any{"issuer": o.url(), "client_secret": nil, "token_endpoint_auth_method": "tls_client_auth", "tls_key": clientPair(t), "ca": ca}
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"token_endpoint": o.url() + "/nowhere", "mtls_endpoint_aliases": map[string]any{"token_endpoint": o.url() + "/token"}}
	})
	w.provider("corp", "oidc", config)
	_, page := w.by("corp", o)
	w.subject(page)
	if o.shown != 1 {
		t.Errorf("%d certificates", o.shown)
	}
	row, err := w.App.Connectors.ByName(t.Context(), "corp")
	if err != nil || strings.Contains(row.Settings, "PRIVATE") {
		t.Error("the key is not sealed", err)
	}
	o.set(func(o *socialOP) { o.client, o.meta = func(*http.Request) bool { return true }, nil })
	for name, change := range map[string]func(c map[string]any){
		"nobody's authority": func(c map[string]any) { delete(c, "ca") },
		"another authority":  func(c map[string]any) { c["ca"] = certificateOnly(clientPair(t)) },
	} {
		c := map[string]any{"issuer": o.url(), "ca": ca}
		change(c)
		short := strings.Split(name, " ")[0][:4] + "-ca"
		short = strings.ReplaceAll(short, "'", "")
		w.provider(short, "oidc", c)
		b := w.Browser()
		page := b.Get(w.AuthURL(w.rp))
		if p := b.Get("/" + strings.TrimPrefix(hrefOf(page.Body, "login-connector-"+short), "/")); p.Status != http.StatusServiceUnavailable || p.Location != nil {
			t.Errorf("%s: %d %v", name, p.Status, p.Location)
		}
	}
	for name, change := range map[string]map[string]any{"no key": {"tls_key": nil}, "no PEM": {"tls_key": "x"}, "no authority": {"ca": "x"}} {
		full := map[string]any{}
		for _, m := range []map[string]any{config, change} {
			for k, v := range m {
				full[k] = v
			}
		}
		if w.tryProvider("bad", "oidc", full) == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

func certificateOnly(pair string) string { return pair[strings.Index(pair, "-----BEGIN CERT"):] }

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
		return func(token string) string {
			e, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: alg, Key: key, KeyID: kid}, opts)
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

// TestFE_StartLogout says where a browser goes to sign out upstream too.
func TestFE_StartLogout(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"end_session_endpoint": o.url() + "/end?a=1&client_id=evil"}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	none := newSocialOP(t, w.Clock.Now, nil)
	w.provider("none", "oidc", map[string]any{"issuer": none.url()})
	bad := newSocialOP(t, w.Clock.Now, nil)
	bad.set(func(o *socialOP) { o.meta = map[string]any{"end_session_endpoint": "javascript:alert(1)"} })
	w.provider("bad", "oidc", map[string]any{"issuer": bad.url()})
	start := func(name, id string) (*federation.Departure, error) {
		ready, err := w.App.Upstreams.ByName(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		starts, ok := ready.Connector.(federation.LogoutStarter)
		if !ok {
			t.Fatal("no sign-out")
		}
		return starts.StartLogout(t.Context(), &federation.Tokens{ID: id}, w.URL+"/done", "s1")
	}
	d, err := start("corp", "id.token.x")
	if err != nil || d.Form != nil {
		t.Fatal(d, err)
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); q.Get("id_token_hint") != "id.token.x" || q.Get("client_id") != "jedan" || q.Get("a") != "1" || q.Get("post_logout_redirect_uri") != w.URL+"/done" || q.Get("state") != "s1" {
		t.Error(u)
	}
	if d, err = start("corp", strings.Repeat("x", 3000)); err != nil || d.Form.Get("state") != "s1" || len(d.URL) > 200 {
		t.Error("a long token: ", d, err)
	}
	if d, err = start("none", "x"); d != nil || err != nil {
		t.Error(d, err)
	}
	if d, err = start("bad", "x"); d != nil || err == nil {
		t.Error(d, err)
	}
}

// TestFE_Frontchannel: a page of the upstream's ends the sessions that it names, where the operator lets it.
func TestFE_Frontchannel(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "frontchannel_logout": true})
	w.provider("off", "oidc", map[string]any{"issuer": o.url()})
	o.set(func(o *socialOP) { o.claims = map[string]any{"sid": "sid-1"} })
	b, page := w.by("corp", o)
	w.subject(page)
	o.set(func(o *socialOP) { o.claims = map[string]any{"sid": "sid-2"} })
	other, page := w.by("corp", o)
	w.subject(page)
	frame := func(name string, q url.Values) int {
		resp, err := w.HTTP.Get(w.URL + "/federation/" + name + "/frontchannel?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for name, c := range map[string]struct {
		connector string
		q         url.Values
		status    int
		check     string
	}{
		"no iss":       {"corp", url.Values{"sid": {"sid-1"}}, http.StatusBadRequest, "oidc_frontchannel.iss"},
		"another iss":  {"corp", url.Values{"sid": {"sid-1"}, "iss": {"https://other.example"}}, http.StatusBadRequest, "oidc_frontchannel.iss"},
		"no sid":       {"corp", url.Values{"iss": {o.url()}}, http.StatusBadRequest, "oidc_frontchannel.sid"},
		"switched off": {"off", url.Values{"iss": {o.url()}, "sid": {"sid-1"}}, http.StatusNotFound, ""},
		"unknown":      {"corp", url.Values{"iss": {o.url()}, "sid": {"sid-9"}}, http.StatusOK, ""},
	} {
		mark := w.Log.Mark()
		if status := frame(c.connector, c.q); status != c.status || !in(b) || !in(other) || strings.Join(w.Log.Refused(mark), "") != c.check {
			t.Errorf("%s: %d %v", name, status, w.Log.Refused(mark))
		}
	}
	if status := frame("corp", url.Values{"iss": {o.url()}, "sid": {"sid-1"}}); status != http.StatusOK || in(b) || !in(other) {
		t.Errorf("%d", status)
	}
}

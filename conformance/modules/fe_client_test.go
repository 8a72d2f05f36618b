package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
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

// asserting has the provider want an assertion by a key that the connector corp publishes.
func (w *feWorld) asserting(o *socialOP) {
	used := map[string]bool{}
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
}

// TestFE_PrivateKeyJWT: we show who we are by a key that is made and published here, stays with the connector and goes with its upstream.
func TestFE_PrivateKeyJWT(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	w.asserting(o)
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

package modules

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// oidcc-request-uri-signed-rs256: an object at an address that the client registered, with a fragment that is no part of it.
func TestOIDCC_RequestURISignedRS256(t *testing.T) {
	s := newSite(t)
	w := alone(t, s.reachable)
	k := newKey(t, "RS256")
	rp := w.Client(storage.ClientMetadata{ClientKeys: storage.ClientKeys{JWKSURI: s.page("/jwks.json", text("application/json", string(k.jwks())))}, ClientRequests: storage.ClientRequests{
		RequestObjectSigningAlg: "RS256", RequestURIs: []string{s.URL + "/requests/1.jwt#hash"},
	}})
	s.page("/requests/1.jwt", text("application/jwt", k.sign("RS256", nil, w.ask(rp))))
	outer := []string{"request_uri", s.URL + "/requests/1.jwt#hash", "state", "", "nonce", "", "scope", "openid"}
	q := w.Browser().Get(w.AuthURL(rp, outer...)).SignIn(w.email, testkit.Password).Allow().Params()
	a := w.ok(w.Redeem(rp, q.Get("code")))
	if q.Get("state") != "inside" || a.Text("scope") != "openid email" || s.count("/requests/1.jwt") != 1 {
		t.Errorf("%v %s, asked %d times", q, a.Body, s.count("/requests/1.jwt"))
	}
	for _, uri := range []string{s.URL + "/requests/2.jwt", s.URL + "/requests/1.jwt?x", strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/requests/1.jwt", "http://169.254.169.254/latest"} {
		w.objected("jar.reference", w.AuthURL(rp, "request_uri", uri), rp, "invalid_request_uri", "state-1")
	}
	if w.Get("/.well-known/openid-configuration").JSON["request_uri_parameter_supported"] != true {
		t.Error("discovery does not say so")
	}
}

// JW13: what is fetched is bounded, and redirects lead nowhere.
func TestJW13_RequestURIBounds(t *testing.T) {
	s := newSite(t)
	w := alone(t, s.reachable)
	k := newKey(t, "ES256")
	var evil int
	other := newSite(t)
	other.page("/r", func(http.ResponseWriter, *http.Request) { evil++ })
	pages := map[string]http.HandlerFunc{
		"/large": text("application/jwt", strings.Repeat("a", 1<<20)), "/html": text("text/html", "<html>"), "/empty": text("application/jwt", ""),
		"/gone": http.NotFound, "/away": func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, other.URL+"/r", http.StatusFound) },
		"/plain": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, strings.Replace(s.URL, "https", "http", 1)+"/large", http.StatusFound)
		},
		"/json": text("application/json", "{}"), "/zip": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			_, _ = rw.Write([]byte{0x1f, 0x8b, 8, 0})
		},
	}
	m := storage.ClientMetadata{JWKS: k.jwks()}
	for path, page := range pages {
		m.RequestURIs = append(m.RequestURIs, s.page(path, page))
	}
	rp := w.Client(m)
	for _, uri := range m.RequestURIs {
		bytes := allocated(func() {
			q := w.response(w.Get(w.AuthURL(rp, "request_uri", uri)), rp, "query")
			if code := q.Get("error"); code != "invalid_request_uri" && code != "invalid_request_object" {
				t.Errorf("%s: %v", uri, q)
			}
		})
		if bytes > 10<<20 {
			t.Errorf("%s: %d bytes allocated", uri, bytes)
		}
	}
	if evil != 0 {
		t.Errorf("%d redirects were followed", evil)
	}
	// Without permission, a registered address on a private network is not asked either.
	closed := open(t)
	shut := closed.Client(storage.ClientMetadata{JWKS: k.jwks(), ClientRequests: storage.ClientRequests{RequestURIs: []string{s.URL + "/json"}}})
	before := s.count("/json")
	closed.objected("jar.reference", closed.AuthURL(shut, "request_uri", s.URL+"/json"), shut, "invalid_request_uri", "state-1")
	if s.count("/json") != before {
		t.Error("a private address was asked")
	}
}

// text answers with a body.
func text(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(body))
	}
}

// Keys at jwks_uri verify request objects and are encrypted to.
func TestFAPI_KeysByReference(t *testing.T) {
	s := newSite(t)
	w := alone(t, s.reachable)
	k, to := newKey(t, "PS256"), w.receiver("RSA-OAEP-256")
	var set json.RawMessage = to.jwks(k)
	rp := w.Client(storage.ClientMetadata{ClientKeys: storage.ClientKeys{JWKSURI: s.page("/jwks.json", text("application/json", string(set)))}, ClientRequests: storage.ClientRequests{
		RequestObjectSigningAlg: "PS256", IDTokenEncryptedRespAlg: "RSA-OAEP-256", IDTokenEncryptedRespEnc: "A256GCM",
	}})
	p := w.Browser().Get(w.bare(rp, "request", k.sign("PS256", nil, w.ask(rp)))).SignIn(w.email, testkit.Password).Allow()
	a := w.ok(w.Redeem(rp, p.Code()))
	if claims := w.idTokenText(to.opens(a.Text("id_token"), "A256GCM"), rp); claims["nonce"] != "nonce-inside" {
		t.Errorf("%v", claims)
	}
}

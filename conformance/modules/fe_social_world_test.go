package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// socialOP is an OpenID provider as one of the known ones is documented.
type socialOP struct {
	t    *testing.T
	http *httptest.Server
	now  func() time.Time
	key  *ecdsa.PrivateKey

	mu        sync.Mutex
	path      string // of the issuer
	issuer    string // that its document names; "": its URL and path
	client    func(r *http.Request) bool
	verifier  bool   // it wants one; otherwise it refuses it
	nonce     bool   // its ID tokens have it
	keyIssuer string // that its key set names
	claims    map[string]any
	user      map[string]any // of UserInfo; nil: none
	meta      map[string]any
	answer    func(w http.ResponseWriter, r *http.Request) bool
	said      map[string]any // beside the tokens
	asked     map[string]url.Values
	used      map[string]bool
	refreshes map[string]bool // refresh tokens that count
	visits    int
	last      url.Values // what came to the token endpoint last
	tls       *tls.Config
	pushed    map[string]url.Values // requests
	pushes    func(w http.ResponseWriter) bool
	prove     func(w http.ResponseWriter, r *http.Request, token string) bool // false: it has refused the proof
	encrypt   func(token string) string
	register  func(r *http.Request, body map[string]any) (status int, answer map[string]any)
	signs     func() string               // UserInfo's answer as a JWT; nil: it is JSON
	fetch     func(uri string) url.Values // a request by reference
	shown     int                         // certificates that came with the last question for tokens
}

func newSocialOP(t *testing.T, now func() time.Time, change func(o *socialOP)) *socialOP {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := &socialOP{
		t: t, now: now, key: key, verifier: true, nonce: true, asked: map[string]url.Values{}, used: map[string]bool{}, claims: map[string]any{}, refreshes: map[string]bool{}, pushed: map[string]url.Values{},
		prove: func(http.ResponseWriter, *http.Request, string) bool { return true }, encrypt: func(token string) string { return token },
		client: func(r *http.Request) bool {
			id, secret, _ := r.BasicAuth()
			return id == "jedan" && secret == "upstream-secret"
		},
	}
	if change != nil {
		change(o)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+o.path+"/.well-known/openid-configuration", o.discovery)
	mux.HandleFunc("GET /keys", o.keys)
	mux.HandleFunc("POST /token", o.token)
	mux.HandleFunc("POST /par", o.push)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		switch {
		case !o.prove(w, r, "at"):
		case o.signs == nil:
			o.json(w, o.user)
		default:
			w.Header().Set("Content-Type", "application/jwt")
			_, _ = io.WriteString(w, o.signs())
		}
	})
	mux.HandleFunc("POST /register", o.enrol)
	o.http = httptest.NewUnstartedServer(mux)
	o.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	if o.http.TLS = o.tls; o.tls != nil {
		o.http.StartTLS()
	} else {
		o.http.Start()
	}
	t.Cleanup(o.http.Close)
	return o
}

// push takes a request (RFC 9126).
func (o *socialOP) push(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		o.t.Error(err)
	}
	if o.pushes != nil && o.pushes(w) || !o.prove(w, r, "") {
		return
	}
	if !o.client(r) {
		w.WriteHeader(http.StatusUnauthorized)
		o.json(w, map[string]any{"error": "invalid_client"})
		return
	}
	uri := fmt.Sprint("urn:ietf:params:oauth:request_uri:", len(o.pushed))
	o.pushed[uri] = r.PostForm
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	o.json(w, map[string]any{"request_uri": uri, "expires_in": 60})
}

// enrol takes a registration (RFC 7591).
func (o *socialOP) enrol(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		o.t.Error(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	status, answer := o.register(r, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	o.json(w, answer)
}

func byForm(r *http.Request) bool {
	_, _, basic := r.BasicAuth()
	return !basic && r.PostFormValue("client_id") == "jedan" && r.PostFormValue("client_secret") == "upstream-secret"
}

func (o *socialOP) set(change func(o *socialOP)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

func (o *socialOP) url() string { return o.http.URL }

func (o *socialOP) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		o.t.Error(err)
	}
}

func (o *socialOP) discovery(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	issuer := o.issuer
	if issuer == "" {
		issuer = o.url() + o.path
	}
	doc := map[string]any{"issuer": issuer, "authorization_endpoint": o.url() + "/authorize", "token_endpoint": o.url() + "/token", "userinfo_endpoint": o.url() + "/userinfo", "jwks_uri": o.url() + "/keys"}
	maps.Copy(doc, o.meta)
	o.json(w, doc)
}

func (o *socialOP) keys(w http.ResponseWriter, _ *http.Request) {
	raw, err := json.Marshal(jose.JSONWebKey{Key: o.key.Public(), KeyID: "k1", Use: "sig"})
	members := map[string]any{}
	if err != nil || json.Unmarshal(raw, &members) != nil {
		o.t.Error(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keyIssuer != "" {
		members["issuer"] = o.keyIssuer
	}
	o.json(w, map[string]any{"keys": []any{members}})
}

func (o *socialOP) visit(to *url.URL) url.Values {
	o.t.Helper()
	if to == nil || !strings.HasPrefix(to.String(), o.url()+"/authorize?") {
		o.t.Fatalf("not sent to the provider but to %v", to)
	}
	q := to.Query()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch uri := q.Get("request_uri"); {
	case o.fetch != nil:
		q = o.fetch(uri)
	case uri != "":
		q = o.pushed[uri]
	}
	code := "code-" + q.Get("state")
	o.asked[code] = q
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (o *socialOP) token(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.visits++
	if err := r.ParseForm(); err != nil {
		o.t.Error(err)
	}
	o.last, o.shown = r.PostForm, 0
	if r.TLS != nil {
		o.shown = len(r.TLS.PeerCertificates)
	}
	if !o.prove(w, r, "") {
		return
	}
	if o.answer != nil && o.answer(w, r) {
		return
	}
	if !o.client(r) {
		w.WriteHeader(http.StatusUnauthorized)
		o.json(w, map[string]any{"error": "invalid_client"})
		return
	}
	q, ok := url.Values{}, false
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		q, ok = o.redeem(r.PostFormValue("code"), r)
	case "refresh_token":
		ok = o.refreshes[r.PostFormValue("refresh_token")]
		delete(o.refreshes, r.PostFormValue("refresh_token"))
	}
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		o.json(w, map[string]any{"error": "invalid_grant"})
		return
	}
	refresh := fmt.Sprint("refresh-", o.visits)
	o.refreshes[refresh] = true
	out := map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh, "id_token": o.idToken(q)}
	maps.Copy(out, o.said)
	o.json(w, out)
}

func (o *socialOP) redeem(code string, r *http.Request) (url.Values, bool) {
	q, ok := o.asked[code]
	verifier := r.PostFormValue("code_verifier")
	sum := sha256.Sum256([]byte(verifier))
	if o.verifier && text64(sum[:]) != q.Get("code_challenge") || !o.verifier && (verifier != "" || q.Has("code_challenge")) {
		ok = false
	}
	ok = ok && !o.used[code] && r.PostFormValue("redirect_uri") == q.Get("redirect_uri")
	o.used[code] = true
	return q, ok
}

// idToken has what every provider says, and o.claims over it; a nil value takes a claim away.
func (o *socialOP) idToken(q url.Values) string {
	now := o.now().Unix()
	claims := map[string]any{"iss": o.url() + o.path, "aud": "jedan", "exp": now + 300, "iat": now, "sub": "sub-1"}
	if o.nonce && q.Has("nonce") {
		claims["nonce"] = q.Get("nonce")
	}
	for name, value := range o.claims {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		o.t.Error(err)
	}
	return o.encrypt(signed(o.t, o.key, jose.ES256, "k1", payload))
}

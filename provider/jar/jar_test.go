package jar_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/jar"
	"github.com/jedan-auth/jedan-auth/storage"
)

const issuer = "https://id.test"

// world is a client with its key, and whatever it publishes.
type world struct {
	t       testing.TB
	client  *core.Client
	signer  jose.Signer
	now     time.Time
	answer  fetch.Response
	failure error
	asked   []string
	objects *jar.Objects
}

// Decrypt implements jar.Decrypter: nothing is encrypted to us.
func (w *world) Decrypt(string) ([]byte, keys.EncryptedHeader, error) {
	return nil, keys.EncryptedHeader{}, errs.New(errs.Invalid, "no")
}

// Get implements core.Getter.
func (w *world) Get(_ context.Context, r fetch.Request) (*fetch.Response, error) {
	w.asked = append(w.asked, r.URL)
	answer := w.answer
	return &answer, w.failure
}

func newWorld(t testing.TB, uris ...string) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	w.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: priv}, nil)
	w.must(err)
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: priv.Public(), KeyID: "1", Use: "sig"}}})
	w.must(err)
	w.client, err = core.ParseClient(&storage.Client{
		ID: storage.NewID(w.now), ClientID: "app", Metadata: storage.ClientMetadata{JWKS: set, ClientRequests: storage.ClientRequests{RequestURIs: uris}},
	})
	w.must(err)
	now := func() time.Time { return w.now }
	w.objects = &jar.Objects{
		Issuer: issuer, Keys: w, References: jar.NewReferences(w, now), Skew: time.Minute, Now: now, Log: core.RefusalLog{Log: slog.New(slog.DiscardHandler)},
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) sign(claims string) string {
	w.t.Helper()
	jws, err := w.signer.Sign([]byte(claims))
	w.must(err)
	text, err := jws.CompactSerialize()
	w.must(err)
	return text
}

func (w *world) open(name, value string) (url.Values, error) {
	return w.objects.Open(w.t.Context(), w.client, url.Values{"client_id": {"app"}, name: {value}})
}

// refused wants an error code.
func (w *world) refused(code string, err error) {
	w.t.Helper()
	var r *core.Refusal
	if !errors.As(err, &r) || r.Err.ErrorField != code {
		w.t.Errorf("got %v, want %s", err, code)
	}
}

func TestReference(t *testing.T) {
	const place = "https://app.test/object"
	w := newWorld(t, place+"#old", "https://app.test/other")
	w.answer = fetch.Response{Status: 200, Body: []byte(w.sign(`{"scope":"openid"}`) + "\n"), Header: map[string][]string{}}
	for _, uri := range []string{"https://app.test/object/x", "https://evil.test/object", "https://app.test/objec", "http://app.test/object", "HTTPS://app.test/object", place + "?x=1", "file:///etc/passwd", "://", "//app.test/object"} {
		_, err := w.open("request_uri", uri)
		w.refused("invalid_request_uri", err)
	}
	if len(w.asked) != 0 {
		t.Errorf("asked %v", w.asked)
	}
	ask := func(uri string, asked int) {
		t.Helper()
		params, err := w.open("request_uri", uri)
		if err != nil || params.Get("scope") != "openid" || len(w.asked) != asked {
			t.Errorf("%s: %v %v, asked %v", uri, params, err, w.asked)
		}
	}
	ask(place, 1)
	ask(place, 2) // many publish each request at one place
	ask(place+"#v1", 3)
	ask(place+"#v1", 3) // a version is kept
	ask(place+"#v2", 4)
	w.now = w.now.Add(11 * time.Minute)
	ask(place+"#v1", 5)
	w.answer.Header.Set("Cache-Control", "public, max-age=60")
	ask("https://app.test/other", 6)
	ask("https://app.test/other", 6)
	w.now = w.now.Add(61 * time.Second)
	ask("https://app.test/other", 7)
	w.answer.Header.Set("Cache-Control", "no-store")
	ask(place+"#v3", 8)
	ask(place+"#v3", 9)
	for _, address := range w.asked {
		if strings.Contains(address, "#") {
			t.Errorf("asked %s", address)
		}
	}
	w.answer.Status = 404
	_, err := w.open("request_uri", place)
	w.refused("invalid_request_uri", err)
	w.answer.Status, w.failure = 200, errs.New(errs.Unavailable, "")
	_, err = w.open("request_uri", place)
	w.refused("invalid_request_uri", err)
	w.failure, w.answer.Body = nil, []byte("<html>")
	_, err = w.open("request_uri", place)
	w.refused("invalid_request_object", err)
	w.objects.References = nil
	_, err = w.open("request_uri", place)
	w.refused("request_uri_not_supported", err)
}

// What is in an object comes out of it, and what comes out was in it.
func FuzzObject(f *testing.F) {
	for _, claims := range []string{
		`{}`, `{"client_id":"app","scope":"openid","max_age":300,"claims":{"id_token":{"email":null}},"resource":["a","b"]}`, `{"client_id":"other"}`, `{"iss":1}`,
		`{"aud":["https://id.test"],"exp":1e400}`, `{"request_uri":"x"}`, `{"scope":["openid"]}`, `{"state":null,"state":"x"}`, `{"nonce":"` + strings.Repeat("n", 5000) + `"}`, `[]`, `"x"`, "",
		`{"exp":-1}`, `{"max_age":true}`, `{"authorization_details":[{"type":"a"}]}`,
	} {
		f.Add(claims)
	}
	base := newWorld(f)
	f.Fuzz(func(t *testing.T, claims string) {
		w := *base
		w.t = t
		params, err := w.objects.Open(t.Context(), w.client, url.Values{"client_id": {"app"}, "request": {w.sign(claims)}})
		if err != nil {
			if core.AsRefusal(err).Err.CodeField != 400 {
				t.Errorf("%v", err)
			}
			return
		}
		var in map[string]any
		if json.Unmarshal([]byte(claims), &in) != nil || params.Get("client_id") != "app" {
			t.Errorf("%q was taken as %v", claims, params)
		}
		for name, values := range params {
			text, isText := in[name].(string)
			if isText && (len(values) != 1 || values[0] != text) || in[name] == nil && name != "client_id" {
				t.Errorf("%q: %s became %v", claims, name, values)
			}
		}
	})
}

// Whatever is sent in the place of an object, unsigned it has no parameters.
func FuzzForeignObject(f *testing.F) {
	w := newWorld(f)
	good := w.sign(`{"scope":"openid"}`)
	for _, text := range []string{"", ".", "..", "....", good[:len(good)-2], good + ".", strings.Replace(good, ".", "..", 1), "eyJhbGciOiJub25lIn0.e30.", strings.Repeat(".", 1000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == good || text == "" {
			return
		}
		params, err := w.objects.Open(t.Context(), w.client, url.Values{"client_id": {"app"}, "request": {text}})
		if err == nil || params != nil {
			t.Errorf("%q was taken as %v", text, params)
		}
	})
}

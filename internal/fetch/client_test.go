package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

func TestPosts(t *testing.T) {
	var got, body string
	w := newWorld(t, nil, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r.Method+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("Authorization")+" "+r.Header.Get("User-Agent"), string(b)
		w.WriteHeader(http.StatusNoContent)
	})
	ctx := context.Background()
	resp, err := w.client.PostForm(ctx, w.base, url.Values{"logout_token": {"a b"}}, nil)
	if err != nil || resp.Status != http.StatusNoContent || !resp.OK() || got != "POST application/x-www-form-urlencoded  Jedan-Auth" || body != "logout_token=a+b" {
		t.Error(resp, err, got, body)
	}
	_, err = w.client.PostJSON(ctx, w.base, map[string]string{"auth_req_id": "x"}, http.Header{"Authorization": {"Bearer t"}, "User-Agent": {"other"}})
	if err != nil || got != "POST application/json Bearer t Jedan-Auth" || body != `{"auth_req_id":"x"}` {
		t.Error(err, got, body)
	}
	_, err = w.client.PostJSON(ctx, w.base, func() {}, nil)
	code(t, err, errs.Internal)
}

func TestJW13_Bounds(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 1<<20)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	w := newWorld(t, nil, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			for range 100 { // much more than anybody reads
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/announced":
			w.Header().Set("Content-Length", "10000000000")
			_, _ = w.Write([]byte("x"))
		case "/just":
			_, _ = w.Write(make([]byte, 512<<10))
		case "/headers":
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("x"))
			panic(http.ErrAbortHandler)
		}
	})
	for path, want := range map[string]errs.Code{
		"/long": errs.TooLarge, "/announced": errs.TooLarge, "/headers": errs.Unavailable, "/bomb": errs.Invalid, "/cut": errs.Unavailable,
	} {
		_, err := w.get(path)
		code(t, err, want)
	}
	resp, err := w.get("/just")
	if err != nil || len(resp.Body) != 512<<10 {
		t.Error(err)
	}
	_, err = w.client.Get(context.Background(), fetch.Request{URL: w.base + "/just", MaxBytes: 512<<10 - 1})
	code(t, err, errs.TooLarge)
}

// TestJW13_Time: a server that sends a byte now and then, and one that sends nothing, cost no more than the time that is allowed.
func TestJW13_Time(t *testing.T) {
	w := newWorld(t, func(c *fetch.Config) { c.Timeout = 500 * time.Millisecond }, func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				if r.URL.Path == "/drip" {
					_, _ = w.Write([]byte("x"))
					_ = http.NewResponseController(w).Flush()
				}
			}
		}
	})
	for _, path := range []string{"/drip", "/silent"} {
		_, err := w.get(path) // without the bound it would never return
		code(t, err, errs.Unavailable)
	}
}

func TestTypes(t *testing.T) {
	w := newWorld(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		if r.Header.Get("Accept") != "application/json, application/jwk-set+json" {
			w.WriteHeader(http.StatusTeapot)
		}
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
	})
	ask := func(path string) (*fetch.Response, error) {
		return w.client.Get(context.Background(), fetch.Request{URL: w.base + path, Types: []string{"application/json", "application/jwk-set+json"}})
	}
	for _, kind := range []string{"application/json", "Application/JSON%3Bcharset=utf-8", "application/jwk-set%2Bjson"} {
		if resp, err := ask("/?type=" + kind); err != nil || resp.Status != http.StatusOK {
			t.Error(kind, resp, err)
		}
	}
	for _, kind := range []string{"text/html", "", "application/json-x", "application/json%3B%3B"} {
		_, err := ask("/?type=" + kind)
		code(t, err, errs.Invalid)
	}
	if resp, err := ask("/gone?type=text/html"); err != nil || resp.Status != http.StatusGone || resp.OK() {
		t.Error(resp, err)
	}
}

func TestRateOfOneHost(t *testing.T) {
	w := newWorld(t, func(c *fetch.Config) { c.PerHost = 2 }, func(http.ResponseWriter, *http.Request) {})
	for range 2 {
		if _, err := w.get("/"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.get("/")
	code(t, err, errs.Throttled)
	if _, err := w.client.Get(context.Background(), fetch.Request{URL: strings.Replace(w.base, "example.com", "other.example.com", 1)}); errs.CodeOf(err) == errs.Throttled {
		t.Error("another host is throttled too")
	}
	w.clock.pass(time.Minute)
	if _, err := w.get("/"); err != nil {
		t.Error(err)
	}
}

// TestErrorsHoldNoAddress: an address may carry a secret.
func TestErrorsHoldNoAddress(t *testing.T) {
	w := newWorld(t, nil, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for _, address := range []string{w.base + "/canary?canary=1", "https://nowhere.example/canary", "https://127.0.0.1:1/canary", "https://10.0.0.1/canary", "https://a@b/canary"} {
		_, err := w.client.Get(context.Background(), fetch.Request{URL: address})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestACertificateOfNobody(t *testing.T) {
	w := newWorld(t, func(c *fetch.Config) { c.Trust = "" }, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	_, err := w.get("/")
	code(t, err, errs.Unavailable)
}

// TestTheEnvironmentsProxyIsIgnored: a proxy would resolve the name by itself.
func TestTheEnvironmentsProxyIsIgnored(t *testing.T) {
	c := newCanary(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:"+c.port)
	}
	w := newWorld(t, nil, func(http.ResponseWriter, *http.Request) {})
	if _, err := w.get("/"); err != nil {
		t.Error(err)
	}
	c.quiet()
}

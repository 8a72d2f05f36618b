package core

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/storage"
)

// publisher is a client that publishes its keys.
type publisher struct {
	mu     sync.Mutex
	body   []byte
	cache  string // Cache-Control
	status int
	asked  atomic.Int64
	server *httptest.Server
	during func()
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{}
	p.server = httptest.NewServer(p)
	t.Cleanup(p.server.Close)
	return p
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.asked.Add(1)
	if p.during != nil {
		p.during()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cache != "" {
		w.Header().Set("Cache-Control", p.cache)
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body)
}

// answers sets what the publisher says.
func (p *publisher) answers(status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.body = status, []byte(body)
}

// publish makes and publishes a new key and returns how the client signs with it.
func (p *publisher) publish(t *testing.T, kid string) func(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: kid}}})
	if err != nil {
		t.Fatal(err)
	}
	p.answers(http.StatusOK, string(raw))
	return func(t *testing.T) string {
		t.Helper()
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign([]byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		s, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// byReference is a client with a jwks_uri, and the clock that its keys age by.
func byReference(t *testing.T, p *publisher) (*Client, *atomic.Int64) {
	t.Helper()
	var now atomic.Int64
	k := p.fetched(t, func() time.Time { return time.Unix(1_800_000_000+now.Load(), 0) })
	return &Client{Client: &storage.Client{Metadata: storage.ClientMetadata{ClientKeys: storage.ClientKeys{JWKSURI: p.server.URL + "/jwks"}}}, remote: k}, &now
}

func (p *publisher) fetched(t *testing.T, now func() time.Time) *FetchedKeys {
	t.Helper()
	f, err := fetch.New(fetch.Config{AllowNetworks: []string{"127.0.0.0/8"}, AllowHTTP: true, PerHost: 10_000}, fetch.Deps{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return NewFetchedKeys(f, now)
}

func verifies(t *testing.T, c *Client, token string, want bool) {
	t.Helper()
	if _, _, err := c.Verify(t.Context(), token, []string{"ES256"}); (err == nil) != want {
		t.Errorf("verified: %v, want %v", err, want)
	}
}

func TestKeysByReferenceAreFetchedOnceAndKept(t *testing.T) {
	p := newPublisher(t)
	sign := p.publish(t, "a")
	c, now := byReference(t, p)
	for range 100 {
		verifies(t, c, sign(t), true)
	}
	now.Add(599)
	verifies(t, c, sign(t), true)
	if p.asked.Load() != 1 {
		t.Fatalf("fetched %d times", p.asked.Load())
	}
	now.Add(1)
	verifies(t, c, sign(t), true)
	if p.asked.Load() != 2 {
		t.Errorf("not fetched again after ten minutes: %d", p.asked.Load())
	}
}

func TestRotatedKeysAreFoundAtMostOnceAMinute(t *testing.T) {
	p := newPublisher(t)
	old := p.publish(t, "a")
	c, now := byReference(t, p)
	verifies(t, c, old(t), true)
	fresh := p.publish(t, "b")
	verifies(t, c, fresh(t), false) // too early
	now.Add(60)
	verifies(t, c, fresh(t), true)
	verifies(t, c, old(t), false) // gone from the set
	if p.asked.Load() != 2 {
		t.Errorf("fetched %d times", p.asked.Load())
	}
}

// A thousand unknown key ids, one after the other and all at once, cost one fetch.
func TestUnknownKeyIDsCostOneFetch(t *testing.T) {
	p := newPublisher(t)
	good := p.publish(t, "a")
	c, now := byReference(t, p)
	verifies(t, c, good(t), true)
	tokens := make([]string, 1000)
	stranger := newPublisher(t)
	for i := range tokens {
		if i%100 == 0 {
			tokens[i] = stranger.publish(t, fmt.Sprint("unknown-", i))(t)
		} else {
			tokens[i] = tokens[i-1]
		}
	}
	now.Add(60)
	var all sync.WaitGroup
	for _, token := range tokens {
		all.Go(func() { verifies(t, c, token, false) })
	}
	all.Wait()
	for _, token := range tokens {
		verifies(t, c, token, false)
	}
	if n := p.asked.Load(); n != 2 {
		t.Errorf("fetched %d times, want the first and one more", n)
	}
	verifies(t, c, good(t), true)
}

func TestOldKeysServeWhileTheirURLDoesNotAnswer(t *testing.T) {
	p := newPublisher(t)
	sign := p.publish(t, "a")
	c, now := byReference(t, p)
	verifies(t, c, sign(t), true)
	for _, broken := range []struct {
		status int
		body   string
	}{{503, ""}, {200, "<html>"}, {200, `{"keys":[]}`}, {200, `{"keys":[{"kty":"oct","k":"AAAA"}]}`}, {404, ""}, {302, ""}} {
		p.answers(broken.status, broken.body)
		now.Add(601)
		verifies(t, c, sign(t), true)
	}
	if p.asked.Load() != 7 {
		t.Errorf("asked %d times, want once each time that the set ran out", p.asked.Load())
	}
	now.Add(24 * 3600)
	verifies(t, c, sign(t), false) // not for ever
}

func TestAClientThatWasNeverReachedIsAskedAgainSoon(t *testing.T) {
	p := newPublisher(t)
	c, now := byReference(t, p)
	token := p.publish(t, "a")(t)
	p.mu.Lock()
	p.status = 503
	p.mu.Unlock()
	verifies(t, c, token, false)
	verifies(t, c, token, false)
	if p.asked.Load() != 1 {
		t.Errorf("asked %d times at once", p.asked.Load())
	}
	p.mu.Lock()
	p.status = 200
	p.mu.Unlock()
	now.Add(10)
	verifies(t, c, token, true)
}

func TestTokensThatNoKeyCouldHaveMadeFetchNothing(t *testing.T) {
	p := newPublisher(t)
	sign := p.publish(t, "a")
	c, now := byReference(t, p)
	verifies(t, c, sign(t), true)
	now.Add(60)
	for _, token := range []string{"", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"} {
		verifies(t, c, token, false)
	}
	if p.asked.Load() != 1 {
		t.Errorf("fetched %d times", p.asked.Load())
	}
}

func TestKeySetsInMemoryAreBounded(t *testing.T) {
	p := newPublisher(t)
	p.publish(t, "a")
	k := p.fetched(t, time.Now)
	for i := range maxKeySets + 100 {
		if _, err := k.KeySet(t.Context(), fmt.Sprint(p.server.URL, "/", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.sets) != maxKeySets || k.recent.Len() != maxKeySets {
		t.Errorf("%d sets, %d in order", len(k.sets), k.recent.Len())
	}
}

func TestKeysByValueAndNone(t *testing.T) {
	p := newPublisher(t)
	sign := p.publish(t, "a")
	c, err := ParseClient(&storage.Client{Metadata: storage.ClientMetadata{JWKS: p.body}})
	if err != nil {
		t.Fatal(err)
	}
	verifies(t, c, sign(t), true)
	verifies(t, c, p.publish(t, "b")(t), false)
	none, err := ParseClient(&storage.Client{})
	if err != nil {
		t.Fatal(err)
	}
	verifies(t, none, sign(t), false)
	if set, err := none.Keys(t.Context()); set != nil || err != nil {
		t.Errorf("keys of a client without: %v %v", set, err)
	}
}

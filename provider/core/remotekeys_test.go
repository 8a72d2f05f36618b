package core

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/storage"
)

// publisher is a client that publishes its keys, and the network between.
type publisher struct {
	mu     sync.Mutex
	body   []byte
	age    time.Duration
	err    error
	asked  atomic.Int64
	during func()
}

func (p *publisher) Fetch(context.Context, string, int64) (*Fetched, error) {
	p.asked.Add(1)
	if p.during != nil {
		p.during()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &Fetched{Body: p.body, MaxAge: p.age}, p.err
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
	p.mu.Lock()
	p.body, p.err = raw, nil
	p.mu.Unlock()
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
func byReference(p *publisher) (*Client, *atomic.Int64) {
	var now atomic.Int64
	k := NewFetchedKeys(p, func() time.Time { return time.Unix(1_800_000_000+now.Load(), 0) })
	return &Client{Client: &storage.Client{Metadata: storage.ClientMetadata{ClientKeys: storage.ClientKeys{JWKSURI: "https://rp.test/jwks"}}}, remote: k}, &now
}

func verifies(t *testing.T, c *Client, token string, want bool) {
	t.Helper()
	if _, _, err := c.Verify(t.Context(), token, []string{"ES256"}); (err == nil) != want {
		t.Errorf("verified: %v, want %v", err, want)
	}
}

func TestKeysByReferenceAreFetchedOnceAndKept(t *testing.T) {
	p := &publisher{age: -1}
	sign := p.publish(t, "a")
	c, now := byReference(p)
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
	p := &publisher{age: -1}
	old := p.publish(t, "a")
	c, now := byReference(p)
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
	p := &publisher{age: -1}
	good := p.publish(t, "a")
	c, now := byReference(p)
	verifies(t, c, good(t), true)
	tokens := make([]string, 1000)
	stranger := &publisher{}
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
	p := &publisher{age: 0}
	sign := p.publish(t, "a")
	c, now := byReference(p)
	verifies(t, c, sign(t), true)
	for _, broken := range []func(){
		func() { p.err = errors.New("no route") },
		func() { p.err, p.body = nil, []byte("<html>") },
		func() { p.body = []byte(`{"keys":[]}`) },
		func() { p.body = []byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`) },
	} {
		broken()
		now.Add(61)
		verifies(t, c, sign(t), true)
	}
	if p.asked.Load() != 5 {
		t.Errorf("asked %d times, want one a minute", p.asked.Load())
	}
	now.Add(24 * 3600)
	verifies(t, c, sign(t), false) // not for ever
}

func TestAClientThatWasNeverReachedIsAskedAgainSoon(t *testing.T) {
	p := &publisher{err: errors.New("no route"), age: -1}
	c, now := byReference(p)
	sign := p.publish(t, "a")
	token := sign(t)
	p.err = errors.New("no route")
	verifies(t, c, token, false)
	verifies(t, c, token, false)
	if p.asked.Load() != 1 {
		t.Errorf("asked %d times at once", p.asked.Load())
	}
	p.err = nil
	now.Add(5)
	verifies(t, c, token, true)
}

func TestTokensThatNoKeyCouldHaveMadeFetchNothing(t *testing.T) {
	p := &publisher{age: -1}
	sign := p.publish(t, "a")
	c, now := byReference(p)
	verifies(t, c, sign(t), true)
	now.Add(60)
	for _, token := range []string{"", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"} {
		verifies(t, c, token, false)
	}
	if p.asked.Load() != 1 {
		t.Errorf("fetched %d times", p.asked.Load())
	}
}

func TestWhoeverAsksFirstDoesNotDecideByGoingAway(t *testing.T) {
	p := &publisher{age: -1}
	sign := p.publish(t, "a")
	c, _ := byReference(p)
	ctx, cancel := context.WithCancel(t.Context())
	p.during = cancel
	if _, _, err := c.Verify(ctx, sign(t), []string{"ES256"}); err != nil {
		t.Error(err)
	}
}

func TestKeySetsInMemoryAreBounded(t *testing.T) {
	p := &publisher{age: -1}
	p.publish(t, "a")
	k := NewFetchedKeys(p, time.Now)
	for i := range 3 * maxKeySets {
		if _, err := k.KeySet(t.Context(), fmt.Sprint("https://rp.test/", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.sets) != maxKeySets || k.recent.Len() != maxKeySets {
		t.Errorf("%d sets, %d in order", len(k.sets), k.recent.Len())
	}
	asked := p.asked.Load()
	if _, err := k.KeySet(t.Context(), fmt.Sprint("https://rp.test/", 3*maxKeySets-1)); err != nil || p.asked.Load() != asked {
		t.Errorf("the latest was forgotten (%v)", err)
	}
}

func TestKeysByValueAndNone(t *testing.T) {
	p := &publisher{age: -1}
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

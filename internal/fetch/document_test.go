package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// origin serves one document that tests change.
type origin struct {
	mu      sync.Mutex
	body    string
	control string
	etag    bool
	status  int
	asked   int
	matched int // requests with If-None-Match that fitted
}

func (o *origin) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	w.Header().Set("Content-Type", "application/json")
	if o.control != "" {
		w.Header().Set("Cache-Control", o.control)
	}
	tag := fmt.Sprintf("%q", o.body)
	if o.etag {
		w.Header().Set("Etag", tag)
	}
	switch {
	case o.status != 0:
		w.WriteHeader(o.status)
	case o.etag && r.Header.Get("If-None-Match") == tag:
		o.matched++
		w.WriteHeader(http.StatusNotModified)
	default:
		_, _ = w.Write([]byte(o.body))
	}
}

func (o *origin) set(change func(*origin)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

type documents struct {
	*world
	origin *origin
}

func newDocuments(t *testing.T) documents {
	t.Helper()
	o := &origin{body: "one"}
	return documents{newWorld(t, nil, o.serve), o}
}

// want asks, and checks the content and how often the server has been asked.
func (d documents) want(body string, asked int, change func(*fetch.DocumentRequest)) *fetch.Document {
	d.Helper()
	r := fetch.DocumentRequest{URL: d.base + "/doc", Types: []string{"application/json"}}
	if change != nil {
		change(&r)
	}
	doc, err := d.client.Document(context.Background(), r)
	if err != nil {
		d.Fatal(err)
	}
	d.origin.mu.Lock()
	defer d.origin.mu.Unlock()
	if string(doc.Body) != body || doc.Type != "application/json" || d.origin.asked != asked {
		d.Fatalf("got %q after %d requests, want %q after %d", doc.Body, d.origin.asked, body, asked)
	}
	return doc
}

func TestDocumentIsKept(t *testing.T) {
	d := newDocuments(t)
	first := d.want("one", 1, nil)
	d.clock.pass(10*time.Minute - time.Second)
	if d.want("one", 1, nil) != first {
		t.Error("another pointer for the same content")
	}
	d.clock.pass(time.Second)
	if d.want("one", 2, nil) != first {
		t.Error("another pointer for the same content, fetched anew")
	}
	d.origin.set(func(o *origin) { o.body = "two" })
	d.clock.pass(11 * time.Minute)
	if d.want("two", 3, nil) == first {
		t.Error("the same pointer for other content")
	}
}

func TestDocumentLifetime(t *testing.T) {
	for control, life := range map[string]time.Duration{
		"":                         10 * time.Minute,
		"max-age=300":              5 * time.Minute,
		"public, Max-Age=\"7200\"": 2 * time.Hour,
		"max-age=5":                time.Minute, // no less
		"max-age=99999999":         24 * time.Hour,
		"max-age=-1":               10 * time.Minute,
		"max-age=x":                10 * time.Minute,
		"no-store":                 time.Minute,
		"max-age=300, no-cache":    time.Minute,
	} {
		d := newDocuments(t)
		d.origin.set(func(o *origin) { o.control = control })
		d.want("one", 1, nil)
		d.clock.pass(life - time.Second)
		d.want("one", 1, nil)
		d.clock.pass(time.Second)
		d.want("one", 2, nil)
	}
}

func TestDocumentByETag(t *testing.T) {
	d := newDocuments(t)
	d.origin.set(func(o *origin) { o.etag = true })
	first := d.want("one", 1, nil)
	for i := range 3 {
		d.clock.pass(11 * time.Minute)
		if d.want("one", i+2, nil) != first {
			t.Error("another pointer")
		}
	}
	if d.origin.matched != 3 {
		t.Errorf("%d of 3 requests named the ETag", d.origin.matched)
	}
	d.origin.set(func(o *origin) { o.body = "two" })
	d.clock.pass(11 * time.Minute)
	d.want("two", 5, nil)
}

// TestDocumentRenew is what a key set's reader does with an unknown kid: it may be asked for by anybody, so at most once a minute.
func TestDocumentRenew(t *testing.T) {
	d := newDocuments(t)
	renew := func(r *fetch.DocumentRequest) { r.Renew = true }
	d.want("one", 1, renew)
	d.origin.set(func(o *origin) { o.body = "two" })
	d.want("one", 1, renew)
	d.clock.pass(time.Minute)
	d.want("one", 1, nil)
	d.want("two", 2, renew)
	d.want("two", 2, renew)
}

// TestJW13_OldKeysStayUsable while their server is down, as long as the caller says.
func TestJW13_OldKeysStayUsable(t *testing.T) {
	d := newDocuments(t)
	stale := func(r *fetch.DocumentRequest) { r.Stale, r.Renew = time.Hour, true }
	d.want("one", 1, stale)
	d.origin.set(func(o *origin) { o.status = http.StatusInternalServerError })
	d.clock.pass(5 * time.Minute)
	d.want("one", 2, stale)
	d.want("one", 2, stale) // and the server is left alone for a while
	d.clock.pass(10 * time.Second)
	d.want("one", 3, stale)
	d.clock.pass(time.Hour)
	d.want("one", 4, stale)
	d.clock.pass(5 * time.Minute)
	_, err := d.client.Document(context.Background(), fetch.DocumentRequest{URL: d.base + "/doc", Types: []string{"application/json"}, Stale: time.Hour})
	code(t, err, errs.Unavailable)
	d.origin.set(func(o *origin) { o.status, o.body = 0, "two" })
	d.clock.pass(10 * time.Second)
	d.want("two", 6, stale)
}

func TestDocumentFailureIsRemembered(t *testing.T) {
	d := newDocuments(t)
	d.origin.set(func(o *origin) { o.status = http.StatusNotFound })
	for range 5 {
		_, err := d.client.Document(context.Background(), fetch.DocumentRequest{URL: d.base + "/doc"})
		code(t, err, errs.NotFound)
	}
	if d.origin.asked != 1 {
		t.Errorf("asked %d times", d.origin.asked)
	}
	d.origin.set(func(o *origin) { o.status = 0 })
	d.clock.pass(10 * time.Second)
	d.want("one", 2, func(r *fetch.DocumentRequest) { r.Types = nil })
}

func TestDocumentIsFetchedByOne(t *testing.T) {
	var asked atomic.Int64
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	w := newWorld(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		arrived <- struct{}{}
		<-release
		_, _ = w.Write([]byte("x"))
	})
	ask := func(ctx context.Context) error {
		_, err := w.client.Document(ctx, fetch.DocumentRequest{URL: w.base})
		return err
	}
	gone, cancel := context.WithCancel(context.Background())
	first := make(chan error, 1)
	go func() { first <- ask(gone) }()
	<-arrived
	var others sync.WaitGroup
	for range 15 {
		others.Go(func() {
			if err := ask(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	cancel() // the one who began goes away; the others still get the answer
	code(t, <-first, errs.Unavailable)
	close(release)
	others.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	w := newWorld(t, func(c *fetch.Config) { c.PerHost = 1 << 20 }, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 500<<10)) })
	first, err := w.client.Document(context.Background(), fetch.DocumentRequest{URL: w.base + "/0"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 { // 20 MB; 16 are kept
		if _, err := w.client.Document(context.Background(), fetch.DocumentRequest{URL: fmt.Sprint(w.base, "/", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	again, err := w.client.Document(context.Background(), fetch.DocumentRequest{URL: w.base + "/0"})
	if err != nil || again == first {
		t.Error("the first document is still kept: ", err)
	}
}

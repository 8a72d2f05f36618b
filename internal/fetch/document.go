package fetch

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

const (
	defaultFresh = 10 * time.Minute
	defaultAge   = 24 * time.Hour
	leastAge     = time.Minute
	failedFor    = 10 * time.Second
	etagMost     = 256
)

// DocumentRequest is a document that is asked for again and again: a key set, a request object, metadata.
type DocumentRequest struct {
	URL       string
	Types     []string      // media types it may have; empty: any
	MaxBytes  int64         // 0: 512 KiB
	Fresh     time.Duration // how long it counts when its server does not say; 0: 10 minutes
	MaxAge    time.Duration // the longest that its server may say; 0: a day. The shortest is a minute
	Stale     time.Duration // how much longer an old copy stands in while there is no new one; 0: not at all
	Renew     bool          // ask even if the copy counts, once a minute: something is missing in it
	Redirects bool          // within the origin
}

// Document is a fetched document. It is the same pointer for as long as the content stays the same, so that what was made of it can be kept beside it.
// Nobody may change Body.
type Document struct {
	Body []byte
	Type string // media type
}

// entry is what is known about one document.
type entry struct {
	doc     *Document
	etag    string
	asked   time.Time // last time the server was asked
	until   time.Time // the copy counts
	failure error     // of the last time
}

// Document returns a document, fetched anew when its copy has run out. Callers at the same time share one request.
func (c *Client) Document(ctx context.Context, r DocumentRequest) (*Document, error) {
	key := r.key()
	if doc, err, known := c.kept.get(key).answer(r, c.now()); known {
		return doc, err
	}
	result := c.flights.DoChan(key, func() (any, error) {
		return c.renew(context.WithoutCancel(ctx), key, r)
	})
	select {
	case <-ctx.Done():
		return nil, errs.Wrap(errs.Unavailable, "The other server did not answer.", ctx.Err())
	case got := <-result:
		doc, _ := got.Val.(*Document)
		return doc, got.Err
	}
}

func (r DocumentRequest) key() string {
	return strings.Join([]string{r.URL, strings.Join(r.Types, ","), strconv.FormatInt(r.MaxBytes, 10), strconv.FormatBool(r.Redirects)}, "\n")
}

// answer says what can be said without asking.
func (e entry) answer(r DocumentRequest, now time.Time) (doc *Document, err error, known bool) {
	if e.failure != nil && now.Sub(e.asked) < failedFor {
		return e.fallback(r, now)
	}
	if e.doc == nil || e.failure != nil || !now.Before(e.until) {
		return nil, nil, false
	}
	if r.Renew && now.Sub(e.asked) >= leastAge {
		return nil, nil, false
	}
	return e.doc, nil, true
}

// fallback is the old copy while it may stand in, or else the failure.
func (e entry) fallback(r DocumentRequest, now time.Time) (doc *Document, err error, known bool) {
	if e.doc != nil && now.Before(e.until.Add(r.Stale)) {
		return e.doc, nil, true
	}
	return nil, e.failure, true
}

// renew asks the server and keeps what it says.
func (c *Client) renew(ctx context.Context, key string, r DocumentRequest) (*Document, error) {
	old := c.kept.get(key)
	now := c.now()
	if doc, err, known := old.answer(r, now); known { // somebody was faster
		return doc, err
	}
	next := old
	next.asked = now
	next.failure = c.ask(ctx, r, &next, now)
	c.kept.put(key, next)
	if next.failure != nil {
		doc, err, _ := next.fallback(r, now)
		return doc, err
	}
	return next.doc, nil
}

// ask changes e to what the server says now; after an error the old copy is still in it.
func (c *Client) ask(ctx context.Context, r DocumentRequest, e *entry, now time.Time) error {
	header := http.Header{}
	if e.doc != nil && e.etag != "" {
		header.Set("If-None-Match", e.etag)
	}
	resp, err := c.Get(ctx, Request{URL: r.URL, Header: header, MaxBytes: r.MaxBytes, Types: r.Types, Redirects: r.Redirects})
	switch {
	case err != nil:
		return err
	case resp.Status == http.StatusNotModified && header.Get("If-None-Match") != "":
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusGone:
		return errs.New(errs.NotFound, "There is no such document.")
	case resp.Status != http.StatusOK:
		return errs.New(errs.Unavailable, "The other server answered with status "+strconv.Itoa(resp.Status)+".")
	case e.doc == nil || !bytes.Equal(e.doc.Body, resp.Body) || e.doc.Type != resp.Type:
		e.doc = &Document{Body: resp.Body, Type: resp.Type}
	}
	if tag := resp.Header.Get("Etag"); len(tag) <= etagMost && (tag != "" || resp.OK()) {
		e.etag = tag
	}
	e.until = now.Add(r.lifetime(resp.Header.Get("Cache-Control")))
	return nil
}

// lifetime goes by Cache-Control (RFC 9111 section 5.2.2) within bounds.
func (r DocumentRequest) lifetime(control string) time.Duration {
	life, most := r.Fresh, r.MaxAge
	if life <= 0 {
		life = defaultFresh
	}
	if most <= 0 {
		most = defaultAge
	}
	for _, d := range strings.Split(strings.ToLower(control), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
		switch name {
		case "no-store", "no-cache":
			return min(leastAge, most)
		case "max-age":
			if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				life = time.Duration(n) * time.Second
			}
		}
	}
	return min(max(life, leastAge), most)
}

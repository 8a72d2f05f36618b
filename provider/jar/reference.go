package jar

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Bounds of objects by reference.
const (
	maxReferred   = 24 << 10 // bytes of an object
	maxRemembered = 500
	freshMost     = 10 * time.Minute
)

// References follows request_uri to the places that clients registered, and to no others, and remembers objects for as long as their publisher allows.
type References struct {
	fetch core.Fetcher
	now   func() time.Time

	mu   sync.Mutex
	kept map[string]referred // by client and URI
}

type referred struct {
	text  string
	until time.Time
}

// NewReferences remembers nothing yet.
func NewReferences(f core.Fetcher, now func() time.Time) *References {
	return &References{fetch: f, now: now, kept: map[string]referred{}}
}

// get returns the object at a URI. A fragment names a version of what is there (OpenID Connect Core section 6.2): it is no part of the address.
func (r *References) get(ctx context.Context, c *core.Client, uri string) (string, error) {
	if !registered(c.Metadata.RequestURIs, uri) {
		return "", core.InvalidRequestURI("The request_uri is not registered for this app.", "a registered request_uri", "another")
	}
	key, now := c.ID.String()+" "+uri, r.now()
	if text, ok := r.remembered(key, now); ok {
		return text, nil
	}
	address, version, _ := strings.Cut(uri, "#")
	doc, err := r.fetch.Fetch(ctx, address, maxReferred)
	if err != nil {
		if errs.CodeOf(err) == errs.Unavailable {
			return "", err
		}
		refusal := core.InvalidRequestURI("The request object could not be fetched.", "a request object of at most 24 KiB", "none")
		refusal.Cause = err
		return "", refusal
	}
	text, age := strings.TrimSpace(string(doc.Body)), doc.MaxAge
	if age < 0 && version != "" {
		age = freshMost
	}
	if age > 0 {
		r.remember(key, referred{text: text, until: now.Add(min(age, freshMost))}, now)
	}
	return text, nil
}

// registered compares byte by byte, without the fragment.
func registered(uris []string, uri string) bool {
	address, _, _ := strings.Cut(uri, "#")
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return false
	}
	return slices.ContainsFunc(uris, func(s string) bool {
		s, _, _ = strings.Cut(s, "#")
		return s == address
	})
}

func (r *References) remembered(key string, now time.Time) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.kept[key]
	return e.text, ok && now.Before(e.until)
}

// remember keeps one more; when there are too many, all go: it is only a cache.
func (r *References) remember(key string, e referred, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) >= maxRemembered {
		for k, old := range r.kept {
			if !now.Before(old.until) {
				delete(r.kept, k)
			}
		}
	}
	if len(r.kept) >= maxRemembered {
		clear(r.kept)
	}
	r.kept[key] = e
}

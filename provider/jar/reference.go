package jar

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
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
	fetch core.Getter
	now   func() time.Time

	mu   sync.Mutex
	kept map[string]referred // by client and URI
}

type referred struct {
	text  string
	until time.Time
}

// NewReferences remembers nothing yet.
func NewReferences(f core.Getter, now func() time.Time) *References {
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
	doc, err := r.fetch.Get(ctx, fetch.Request{URL: address, MaxBytes: maxReferred})
	if err != nil || !doc.OK() {
		refusal := core.InvalidRequestURI("The request object could not be fetched.", "a request object of at most 24 KiB", "none")
		refusal.Cause = err
		return "", refusal
	}
	text := strings.TrimSpace(string(doc.Body))
	if age := maxAge(doc.Header.Get("Cache-Control"), version != ""); age > 0 {
		r.remember(key, referred{text: text, until: now.Add(age)}, now)
	}
	return text, nil
}

// maxAge is how long an object may be kept: as its publisher says, or some minutes when its URI names a version; else it is asked for again, since
// many publish each request at one place.
func maxAge(control string, versioned bool) time.Duration {
	age := time.Duration(0)
	if versioned {
		age = freshMost
	}
	for directive := range strings.SplitSeq(strings.ToLower(control), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache", "private":
			return 0
		case "max-age":
			seconds, err := strconv.ParseUint(value, 10, 31)
			if err != nil {
				return 0
			}
			age = min(time.Duration(seconds)*time.Second, freshMost) //nolint:gosec // 31 bits
		}
	}
	return age
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

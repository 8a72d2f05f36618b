package httpx

import (
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// What a request may weigh. Everything larger is refused before it is parsed.
const (
	DefaultMaxBody = 64 << 10 // bytes of a request body
	MaxQuery       = 16 << 10 // bytes of a query
	MaxPath        = 4 << 10  // bytes of a path
	MaxKeys        = 200      // parameters in a query or a form
	MaxHeaderBytes = 32 << 10 // bytes of a request's header
)

// admit is every rule that holds before a handler runs, cheapest first.
func (e *Engine) admit(c *gin.Context, st *state, rt *route) (done bool, err error) {
	if rt.guard.kind == kindProxied {
		if !st.trusted {
			return false, errs.New(errs.Forbidden, "Only a trusted proxy may ask this (trusted_proxies).")
		}
		return false, checkTarget(c.Request)
	}
	if !rt.exempt {
		if done, err := e.checkHost(c, st, rt); done || err != nil {
			return done, err
		}
	}
	if err := checkTarget(c.Request); err != nil {
		return false, err
	}
	rt.guard.allowOrigin(c)
	if rt.guard.kind == kindPage {
		if err := e.checkPagePost(c.Request, rt.guard); err != nil {
			return false, err
		}
	} else {
		delete(c.Request.Header, "Cookie") // ambient authority stays with pages
	}
	return false, limitBody(c, rt.guard)
}

// checkTarget refuses paths and queries that no honest client sends.
func checkTarget(r *http.Request) error {
	if len(r.URL.Path) > MaxPath || strings.IndexByte(r.URL.Path, 0) >= 0 || !utf8.ValidString(r.URL.Path) {
		return errs.New(errs.Invalid, "The path is not valid.")
	}
	return checkQuerySize(r.URL.RawQuery)
}

func checkQuerySize(raw string) error {
	if len(raw) > MaxQuery {
		return errs.New(errs.Invalid, "The query is too long.")
	}
	if strings.Count(raw, "&") >= MaxKeys {
		return errs.New(errs.Invalid, "The query has too many parameters.")
	}
	return nil
}

// checkPagePost keeps other sites' forms out (RFC 9700 §4.7) and everything but
// forms.
func (e *Engine) checkPagePost(r *http.Request, g Guard) error {
	if safe(r.Method) {
		return nil
	}
	if !g.crossSite && !sameOrigin(r.Header, e.origin) {
		return errs.New(errs.Forbidden, "This form was not sent from our own page.")
	}
	if r.Method == http.MethodPost && !isForm(r.Header) {
		return errs.New(errs.UnsupportedMediaType, "")
	}
	return nil
}

// sameOrigin trusts what scripts cannot forge. Sec-Fetch-Site decides where the
// browser sends it; Origin is then "null" on our own forms, because our pages
// have Referrer-Policy no-referrer. Without Sec-Fetch-Site, Origin must be ours.
func sameOrigin(h http.Header, origin string) bool {
	sites, origins := h["Sec-Fetch-Site"], h["Origin"]
	if len(sites) > 1 || len(origins) > 1 {
		return false
	}
	if len(sites) == 1 {
		return sites[0] == "same-origin" && (len(origins) == 0 || origins[0] == origin || origins[0] == "null")
	}
	return len(origins) == 1 && origins[0] == origin
}

// isForm reports whether the body is application/x-www-form-urlencoded in UTF-8.
func isForm(h http.Header) bool {
	types := h["Content-Type"]
	if len(types) != 1 {
		return false
	}
	if types[0] == "application/x-www-form-urlencoded" {
		return true
	}
	media, params, err := mime.ParseMediaType(types[0])
	if err != nil || media != "application/x-www-form-urlencoded" {
		return false
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// limitBody refuses by Content-Length where it can, counts where it cannot, and
// never unpacks: a compressed body is a bomb until proven otherwise.
func limitBody(c *gin.Context, g Guard) error {
	r := c.Request
	if encodings := r.Header["Content-Encoding"]; len(encodings) > 0 && (len(encodings) > 1 || !strings.EqualFold(encodings[0], "identity")) {
		return errs.New(errs.UnsupportedMediaType, "Compressed requests are not supported.")
	}
	limit := g.maxBody
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	if r.ContentLength > limit {
		return errs.New(errs.TooLarge, "")
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(c.Writer, r.Body, limit)
	}
	return nil
}

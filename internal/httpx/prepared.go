package httpx

import (
	"net/http"
	"strconv"
)

// Prepared is a document with everything about its answer that does not depend on the request, made once: the slices are shared by all answers.
type Prepared struct {
	body                                           []byte
	etag, cacheControl, contentType, contentLength []string
}

// NewPrepared makes one. etag is strong and in quotes.
func NewPrepared(body []byte, etag, cacheControl, contentType string) *Prepared {
	return &Prepared{
		body: body, etag: []string{etag}, cacheControl: []string{cacheControl}, contentType: []string{contentType},
		contentLength: []string{strconv.Itoa(len(body))},
	}
}

// ETag is the one given to NewPrepared.
func (p *Prepared) ETag() string { return p.etag[0] }

// Prepared lets a route answer with what current returns; it needs no handler. current must be quick and safe for concurrent use.
func (g Guard) Prepared(current func() *Prepared) Guard {
	g.prepared = current
	return g
}

// serve answers 304 to whoever has the document already (RFC 9110 section 13.1.2).
func (p *Prepared) serve(w http.ResponseWriter, r *http.Request) (status int, err error) {
	h := w.Header()
	h["Etag"], h["Cache-Control"] = p.etag, p.cacheControl
	if known := r.Header["If-None-Match"]; len(known) == 1 && known[0] == p.etag[0] {
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified, nil
	}
	h["Content-Type"], h["Content-Length"] = p.contentType, p.contentLength
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(p.body)
	return http.StatusOK, err
}

// shortens reports whether entry may answer for a route: its headers must not depend on the request.
func (rt *route) shortens() bool {
	return rt.guard.prepared != nil && rt.guard.kind == kindDocument && rt.guard.cors == nil && rt.method == http.MethodGet && !rt.exempt
}

// entry answers the plainest requests for prepared documents by itself: those are most of what these documents are asked for, and everything that
// the long way would do for them is done here, or is known to change nothing (TestShortAndLongWayAnswerAlike).
func (e *Engine) entry(w http.ResponseWriter, r *http.Request) {
	if rt := e.prepared[r.URL.Path]; rt != nil && e.plain(r) {
		start := e.cfg.Now()
		h := w.Header()
		for _, hd := range rt.headers {
			h[hd.name] = hd.value
		}
		status, _ := rt.guard.prepared().serve(w, r) // a client that left is nobody's failure
		if rt.observe != nil {
			rt.observe(status, e.cfg.Now().Sub(start))
		}
		return
	}
	e.gin.ServeHTTP(w, r)
}

// plain reports whether a request is a GET for our own host in HTTP/1.1 or later, without anything that a rule of admit or of a proxy looks at.
func (e *Engine) plain(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Host == e.host && r.URL.RawQuery == "" && r.URL.RawPath == "" && r.ContentLength == 0 &&
		len(r.TransferEncoding) == 0 && r.Header["Content-Encoding"] == nil && r.ProtoAtLeast(1, 1) && !e.draining.Load() && !e.cfg.AccessLog &&
		len(e.cfg.TrustedProxies) == 0 && (e.cfg.Door == nil || e.cfg.Door(r))
}

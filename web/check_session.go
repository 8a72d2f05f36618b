package web

import (
	"html"
	"io"
	"net/http"
)

// CheckSession writes the page that other sites frame to ask whether the sign-in is still the same; cookie is what its script reads. It shows nothing, and
// its headers are the caller's but for the type.
func (r *Renderer) CheckSession(w http.ResponseWriter, cookie string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>check_session</title><script id="check-session" src="`+
		r.base+"/assets/"+r.assets.hashed["check-session.js"]+`" data-cookie="`+html.EscapeString(cookie)+`"></script></head><body></body></html>`)
}

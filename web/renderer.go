package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Options configure a Renderer; the zero value serves the embedded pages at the root.
type Options struct {
	// BasePath is the issuer's path, "" or "/x" without a closing slash.
	BasePath string
	// ThemeDir is an optional folder whose templates/ and assets/ take the place of the embedded files one by
	// one; its assets/tokens.css is laid over ours and may hold only what it changes.
	ThemeDir string
	// ProductName stands where no application is named; empty means Jedan-Auth.
	ProductName string
	// Secure says that the issuer is https, so the cookies of the language and appearance choice say Secure.
	Secure bool
	// Without names the entries of an account's menu that this installation does not have.
	Without []string
	// Attributes are the labels, by language, of the attributes that a scope asks for.
	Attributes map[string][]func(lang string) string
	// Log takes what could not be drawn; nil is slog's default.
	Log *slog.Logger
}

// Renderer holds everything parsed and is safe for concurrent use.
type Renderer struct {
	base    string
	product string
	secure  bool
	log     *slog.Logger
	parts
	locales locales
	without map[string]bool

	attributes map[string][]func(lang string) string
	crowds     crowds
}

// New parses every template, style sheet and catalogue. It refuses a bad base path, a theme that does not parse
// and a theme whose colours break the contrast rules, with the pair named.
func New(o Options) (*Renderer, error) {
	if !cleanBase(o.BasePath) {
		return nil, fmt.Errorf("web: base path %q: want \"\" or \"/x\" without a closing slash", o.BasePath)
	}
	if o.ProductName == "" {
		o.ProductName = "Jedan-Auth"
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	p, err := partsOf(o.ThemeDir)
	if err != nil {
		return nil, err
	}
	r := &Renderer{base: o.BasePath, product: o.ProductName, secure: o.Secure, log: o.Log, parts: *p, locales: newLocales(p.texts), without: map[string]bool{}, attributes: o.Attributes}
	for _, name := range o.Without {
		r.without[name] = true
	}
	return r, p.rehearsed(r)
}

func cleanBase(base string) bool {
	return base == "" || (base != "/" && path.Clean(base) == base && strings.HasPrefix(base, "/") &&
		!strings.ContainsFunc(base, func(c rune) bool { return c != '/' && !plainByte(c) }))
}

// plainByte is an unreserved character of RFC 3986 section 2.3.
func plainByte(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~", c)
}

// Render writes the page with all its headers. A page that cannot be drawn is logged and answered with the
// error page and 500; nothing is written before the whole page is ready.
func (r *Renderer) Render(w http.ResponseWriter, req *http.Request, status int, p Page) {
	v, body, err := r.draw(req, p)
	if err != nil {
		r.log.ErrorContext(req.Context(), "page not drawn", "page", fmt.Sprintf("%T", p), "error", err)
		status = http.StatusInternalServerError
		if v, body, err = r.draw(req, ErrorPage{Lang: v.Lang, Code: "server_error"}); err != nil {
			setHeaders(w.Header(), v)
			http.Error(w, http.StatusText(status), status)
			return
		}
	}
	r.remember(w, req)
	setHeaders(w.Header(), v)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil && !errors.Is(err, context.Canceled) {
		r.log.DebugContext(req.Context(), "page not received", "error", err)
	}
}

func (r *Renderer) draw(req *http.Request, p Page) (*view, []byte, error) {
	v := r.view(req, p)
	if v.spec.err != nil {
		return v, nil, v.spec.err
	}
	var b bytes.Buffer
	if err := r.pages.ExecuteTemplate(&b, ofPage(v.spec.template, layoutName), v); err != nil {
		return v, nil, err
	}
	return v, b.Bytes(), nil
}

func setHeaders(h http.Header, v *view) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy(v.spec))
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if v.spec.wait > 0 && h.Get("Retry-After") == "" {
		h.Set("Retry-After", strconv.FormatInt(int64((v.spec.wait+time.Second-1)/time.Second), 10))
	}
}

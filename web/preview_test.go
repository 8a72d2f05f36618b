package web

import (
	"context"
	"fmt"
	"html"
	"net"
	"net/http"
	"os"
	"os/signal"
	"testing"
)

const previewLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path fill="#0a7" d="M2 3h6l2 2h8v12H2z"/></svg>`

// previewHandler serves every page in every state at /{lang}/{state}, with an index at /.
func previewHandler(r *Renderer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/assets/", r.Assets())
	mux.HandleFunc("GET /assets/preview-logo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(previewLogo)) //nolint:errcheck // a preview
	})
	index := "<!doctype html><title>Preview</title>"
	for _, lang := range r.locales.names {
		index += "<h1>" + lang + "</h1>"
		for _, s := range states(lang) {
			path := "/" + lang + "/" + s.name
			index += fmt.Sprintf("<p><a href=%q>%s</a></p>", path, html.EscapeString(s.name))
			mux.HandleFunc("GET "+path, func(w http.ResponseWriter, req *http.Request) { r.Render(w, req, s.status, s.page) })
		}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(index)) //nolint:errcheck // a preview
	})
	return mux
}

// TestPreview answers every state once. With JEDAN_PREVIEW=127.0.0.1:8099 it goes on serving them until it is
// interrupted: JEDAN_PREVIEW=127.0.0.1:8099 go test ./web -run TestPreview -timeout 0.
func TestPreview(t *testing.T) {
	r := newRenderer(t, Options{})
	for _, lang := range r.locales.names {
		for _, s := range states(lang) {
			w := draw(t, r, "/", s.status, s.page)
			if w.Code != s.status || w.Header().Get("Content-Language") != lang {
				t.Errorf("%s: %d in %q, want %d in %q", s.name, w.Code, w.Header().Get("Content-Language"), s.status, lang)
			}
		}
	}
	addr := os.Getenv("JEDAN_PREVIEW")
	if addr == "" {
		return
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: previewHandler(r)} //nolint:gosec // G112: a preview on loopback
	context.AfterFunc(ctx, func() { _ = server.Close() })
	t.Logf("preview at http://%s/", listener.Addr())
	if err := server.Serve(listener); err != http.ErrServerClosed {
		t.Fatal(err)
	}
}

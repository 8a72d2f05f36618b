package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestLeaving: each application is framed at its address as it was registered, the policy names those and no others, and the page goes on with and
// without scripts.
func TestLeaving(t *testing.T) {
	r := newRenderer(t, Options{})
	p := LeavingPage{
		Frames: []string{"https://b.example/out?x=1&iss=i&sid=s", "https://a.example:8443/a;b/out?iss=i", "https://b.example/out?iss=i&sid=t"},
		Next:   "com.example.app:/bye?state=a&x=\"",
	}
	w := draw(t, r, "/", http.StatusOK, p)
	if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "; frame-src https://a.example:8443/a%3Bb/out https://b.example/out; ") {
		t.Errorf("policy %q", got)
	}
	body := w.Body.String()
	for _, want := range []string{
		`src="https://b.example/out?x=1&amp;iss=i&amp;sid=s" sandbox="allow-scripts allow-same-origin allow-forms"`,
		`<noscript><meta http-equiv="refresh" content="5;url=com.example.app:/bye?state=a&amp;x=&#34;"></noscript>`, `id="leaving-next" href="com.example.app:/bye?state=a&amp;x=&#34;"`, "/assets/leaving.",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	if n := strings.Count(body, "<iframe"); n != 3 {
		t.Errorf("%d frames", n)
	}
	stays := draw(t, r, "/", http.StatusOK, LeavingPage{Frames: p.Frames}).Body.String()
	if strings.Contains(stays, "refresh") || strings.Contains(stays, "leaving-next") {
		t.Error("a page without an address leads on")
	}
	for _, bad := range []LeavingPage{
		{Frames: []string{"javascript:alert(1)"}}, {Frames: []string{"/x"}}, {Frames: p.Frames, Next: "javascript:alert(1)"}, {Frames: p.Frames, Next: "data:text/html,x"},
	} {
		if w := draw(t, r, "/", http.StatusOK, bad); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "iframe") {
			t.Errorf("%v was drawn", bad)
		}
	}
}

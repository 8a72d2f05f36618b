package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	policyStart = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; form-action "
	policyEnd   = "; frame-ancestors 'none'; base-uri 'none'"
)

func TestHeadersOfEveryPage(t *testing.T) {
	r := newRenderer(t, Options{})
	for _, p := range samples() {
		w := draw(t, r, "/", http.StatusTeapot, p)
		action := "'self'"
		if _, ok := p.(FormPostPage); ok {
			action = "https://localhost/"
		}
		if _, ok := p.(RelayPage); ok { // it may lead on to a page of ours
			action = "https://localhost/ 'self'"
		}
		start := policyStart
		if _, ok := p.(LeavingPage); ok {
			start = strings.Replace(policyStart, "form-action", "frame-src https://localhost/; form-action", 1)
		}
		switch p.(type) {
		case PasskeysPage, PasskeyOfferPage: // their script asks for options
			start = strings.Replace(policyStart, "form-action", "connect-src 'self'; form-action", 1)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Content-Language": "en", "Cache-Control": "no-store",
			"Content-Security-Policy": start + action + policyEnd, "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Opener-Policy": "same-origin", "Set-Cookie": "", "Retry-After": "",
		} {
			if got := w.Header().Get(name); got != want || len(w.Header().Values(name)) > 1 {
				t.Errorf("%T: %s is %q, want %q", p, name, got, want)
			}
		}
		if w.Code != http.StatusTeapot {
			t.Errorf("%T: status %d", p, w.Code)
		}
	}
}

func TestFormAction(t *testing.T) {
	r := newRenderer(t, Options{})
	for name, c := range map[string]struct {
		page Page
		want string
	}{
		"extra":         {ConsentPage{FormAction: "https://rp.example"}, "'self' https://rp.example"},
		"scheme":        {LoginPage{FormAction: "com.example.app:"}, "'self' com.example.app:"},
		"chooser":       {AccountPage{FormAction: "https://rp.example"}, "'self' https://rp.example"},
		"logout":        {LogoutPage{FormAction: "https://rp.example"}, "'self' https://rp.example"},
		"new directive": {ConsentPage{FormAction: "https://rp.example; script-src *"}, "'self'"},
		"second source": {ConsentPage{FormAction: "https://rp.example *"}, "'self'"},
		"second policy": {ConsentPage{FormAction: "https://rp.example,"}, "'self'"},
		"new header":    {ConsentPage{FormAction: "https://rp.example\r\nX: y"}, "'self'"},
		"post":          {FormPostPage{Action: "https://rp.example/cb?a=1#f"}, "https://rp.example/cb"},
		"post path":     {FormPostPage{Action: "http://127.0.0.1:9/a;b,c'd/%2e?x;y"}, "http://127.0.0.1:9/a%3Bb%2Cc%27d/%2e"},
		"post ipv6":     {FormPostPage{Action: "http://[::1]:9/cb"}, "http:"},
	} {
		w := draw(t, r, "/", http.StatusOK, c.page)
		if got, want := w.Header().Get("Content-Security-Policy"), policyStart+c.want+policyEnd; got != want || w.Code != http.StatusOK {
			t.Errorf("%s: %d %q, want %q", name, w.Code, got, want)
		}
	}
}

func TestFormPostRefusesWhatCannotBePosted(t *testing.T) {
	r := newRenderer(t, Options{})
	for _, action := range []string{
		"", "javascript:alert(1)", "data:text/html,x", "com.example.app:/cb", "/cb", "//rp.example/cb", "https://u:p@rp.example/",
		"https://*.example/cb", "https://rp.example /cb", "https://rp.example/\r\n", "https://bücher.example/", "https:///cb",
	} {
		w := draw(t, r, "/", http.StatusOK, FormPostPage{Action: action, Fields: [][2]string{{"code", "jdc_secret"}}})
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "jdc_secret") || !strings.Contains(w.Body.String(), `id="error-code"`) {
			t.Errorf("%q: %d %s", action, w.Code, w.Body)
		}
	}
}

func TestFormActionSource(t *testing.T) {
	for uri, want := range map[string]string{
		"https://rp.example/cb?x=1":       "https://rp.example",
		"https://rp.example:8443/cb":      "https://rp.example:8443",
		"http://127.0.0.1:4711/":          "http://127.0.0.1:4711",
		"http://[::1]:4711/":              "http:",
		"com.example.app:/cb":             "com.example.app:",
		"javascript:alert(1)":             "",
		"data:text/html,x":                "",
		"https://*.example/":              "",
		"https://rp.example;x/":           "",
		"https://user@rp.example/":        "",
		"https://rp.example/ x":           "",
		"https://rp.example/\x00":         "",
		"rp.example/cb":                   "",
		"https://rp.example,evil.example": "",
		"":                                "",
	} {
		if got := FormActionSource(uri); got != want {
			t.Errorf("%q: %q, want %q", uri, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	r := newRenderer(t, Options{})
	for d, want := range map[time.Duration]string{0: "", time.Millisecond: "1", 42 * time.Second: "42", 42*time.Second + 1: "43"} {
		if got := draw(t, r, "/", http.StatusTooManyRequests, LoginPage{RetryAfter: d}).Header().Get("Retry-After"); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	w := httptest.NewRecorder()
	w.Header().Set("Retry-After", "7")
	r.Render(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusServiceUnavailable, ErrorPage{RetryAfter: time.Second})
	if got := w.Header().Values("Retry-After"); len(got) != 1 || got[0] != "7" {
		t.Errorf("the caller's Retry-After became %q", got)
	}
}

package runner

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// visited is a browser between two servers that note what they are asked for.
func visited(t *testing.T, suitePage, serverPage func(serverURL, suiteURL string) string) (b *browser, seen *[]string, suiteURL string) {
	t.Helper()
	seen = &[]string{}
	var server, suite *httptest.Server
	handler := func(page func(string, string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			*seen = append(*seen, r.Method+" "+r.URL.RequestURI())
			if r.URL.Path == "/" {
				_, _ = fmt.Fprint(w, page(server.URL, suite.URL))
			}
		}
	}
	server, suite = httptest.NewServer(handler(serverPage)), httptest.NewTLSServer(handler(suitePage))
	t.Cleanup(server.Close)
	t.Cleanup(suite.Close)
	r := &Runner{config: Config{Issuer: server.URL, Suite: suite.URL}, deps: Deps{HTTP: suite.Client(), Public: server.Client()}}
	b, err := r.newBrowser()
	if err != nil {
		t.Fatal(err)
	}
	return b, seen, suite.URL
}

// The suite's page ends our session in a frame, says so, and leads on, all by a script.
func TestFramesOfTheSuite(t *testing.T) {
	b, seen, suite := visited(t, func(server, suite string) string {
		return fmt.Sprintf(`<script>let url = '%s/told'; iframe.src = '%s'; setTimeout(function(){window.location.href='%s/back?a=1&amp;b=2';}, 5000);</script>`,
			suite, strings.ReplaceAll(server+"/frame?sid=1&amp;iss=2", "/", `\/`), server)
	}, nil)
	p, err := b.get(t.Context(), suite+"/")
	if err != nil || p.url.Path != "/back" {
		t.Fatal(p, err)
	}
	if want := []string{"GET /", "GET /frame?sid=1&iss=2", "GET /told?loaded=true", "GET /back?a=1&b=2"}; !slices.Equal(*seen, want) {
		t.Errorf("%q", *seen)
	}
}

// Nothing of a page is sent that a script would not send: not a form that waits for a click, nor one of the suite's that is not there.
func TestFormsThatWaitStay(t *testing.T) {
	b, seen, suite := visited(t, func(string, string) string {
		return `<form method="post" action="/x"></form><script>let url = 'a';</script>`
	}, nil)
	if p, err := b.get(t.Context(), suite+"/"); err != nil || p.status != http.StatusOK || len(*seen) != 1 {
		t.Error(p, err, *seen)
	}
	doc, err := html.Parse(strings.NewReader(`<form><input name="a" value="1"><input type="submit" name="b" value="2"></form>`))
	if err != nil {
		t.Fatal(err)
	}
	if got := fields(doc); got.Encode() != "a=1" {
		t.Error(got)
	}
}

// A browser that goes round in circles stops.
func TestCirclesEnd(t *testing.T) {
	var at *httptest.Server
	at = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, at.URL+"/", http.StatusSeeOther) }))
	t.Cleanup(at.Close)
	r := &Runner{config: Config{Issuer: at.URL, Suite: "https://suite.example"}, deps: Deps{HTTP: at.Client(), Public: at.Client()}}
	b, err := r.newBrowser()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.get(t.Context(), at.URL); err == nil || !strings.Contains(err.Error(), "circles") {
		t.Error(err)
	}
}

package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
)

// fakeServer is a relying party whose sign-ins end as the test says.
type fakeServer struct {
	t   *testing.T
	log string

	mu       sync.Mutex
	title    string // of its connector; "": none
	unseen   int    // how often the sign-in page does not have it yet
	suite    string
	config   map[string]any
	settings map[string]any
	refuses  string // check; "": the person is signed in
	posts    bool   // the answer of the suite comes as a form
	stays    bool   // nobody can sign out
	heard    string // check that refuses what the suite says while somebody signs out
	connect  error
	unsound  string
	gone     int
	token    string
}

// Connect implements Connectors.
func (f *fakeServer) Connect(_ context.Context, name, title string, config, settings map[string]any) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name != connectorName {
		f.t.Errorf("connector %q", name)
	}
	f.title, f.config, f.settings = title, config, settings
	return f.unsound, f.connect
}

// Disconnect implements Connectors.
func (f *fakeServer) Disconnect(context.Context, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.title = ""
	f.gone++
	return nil
}

// Token implements Connectors.
func (f *fakeServer) Token(context.Context, string) (string, error) { return f.token, nil }

func (f *fakeServer) note(check, id string) {
	line, err := json.Marshal(map[string]any{"msg": "request refused", "table": "federation", "check": check, "error_id": id})
	if err != nil {
		f.t.Error(err)
	}
	w, err := os.OpenFile(f.log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		f.t.Error(err)
		return
	}
	_, err = w.Write(append(line, '\n'))
	if err := errors.Join(err, w.Close()); err != nil {
		f.t.Error(err)
	}
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in, _ := r.Cookie("session")
	switch r.URL.Path {
	case "/account":
		if in == nil {
			http.Redirect(w, r, "/login?flow=f", http.StatusSeeOther)
			return
		}
		_, _ = fmt.Fprint(w, `<p id="menu">Hello</p>`)
	case "/login":
		if f.unseen--; f.unseen >= 0 {
			_, _ = fmt.Fprint(w, `<a id="login-connector-conformance" href="/old">Continue with the one of before</a>`)
			return
		}
		_, _ = fmt.Fprintf(w, `<a id="login-connector-conformance" href="/federation/conformance/start?flow=f&amp;x=1"><span>Continue with %s</span></a>`, f.title)
	case "/federation/conformance/start":
		http.Redirect(w, r, f.suite+"/test/a/authorize?state=s", http.StatusSeeOther)
	case "/federation/conformance/callback":
		f.callback(w, r)
	case "/federation/conformance/resume":
		f.ends(w, r)
	case "/oauth2/logout":
		f.logout(w, r)
	case "/signed-out":
		http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1, Path: "/"})
		_, _ = fmt.Fprint(w, "gone")
	default:
		f.t.Errorf("the server has no %s", r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	}
}

func (f *fakeServer) callback(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		f.ends(w, r)
		return
	}
	if err := r.ParseForm(); err != nil || r.Header.Get("Origin") != f.suite {
		f.t.Errorf("a form from %s: %v", r.Header.Get("Origin"), err)
	}
	_, _ = fmt.Fprintf(w, `<form id="form-post" method="post" action="/federation/conformance/resume"><input type="hidden" name="code" value="%s"></form>`, r.PostFormValue("code"))
}

func (f *fakeServer) ends(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("code") != "c" {
		f.t.Error("the code did not arrive")
	}
	if f.refuses != "" {
		f.note("oidc_id_token.other", "e-0")
		if f.refuses != "-" { // the log names it
			f.note(f.refuses, "e-1")
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(w, `<code id="error-code">forbidden</code><code id="error-id"> e-1 </code>`)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "x", Path: "/"})
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

func (f *fakeServer) logout(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprint(w, `<form method="post" action="/oauth2/logout"><input type="hidden" name="csrf" value="x"></form>`)
		return
	}
	if f.heard != "" {
		f.note(f.heard, "")
	}
	if f.stays {
		return
	}
	_, _ = fmt.Fprint(w, `<a id="leaving-next" href="/signed-out">Go on</a>`)
}

// authorize answers at once, as the suite does where it is an OpenID provider.
func (f *fakeSuite) authorize(w http.ResponseWriter, r *http.Request) {
	switch {
	case f.shut:
		w.WriteHeader(http.StatusNotFound)
	case f.server.posts:
		_, _ = fmt.Fprintf(w, `<body onload="submitform()"><form action="%s" method="post"><input type="hidden" name="code" value="c"><input type="submit" value="x"></form></body>`, f.callback)
	default:
		http.Redirect(w, r, f.callback+"?code=c&state="+r.URL.Query().Get("state"), http.StatusFound)
	}
}

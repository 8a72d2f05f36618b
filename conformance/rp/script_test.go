package rp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// task is what a script is told to do.
type task struct {
	Issuer       string          `json:"issuer"`
	ClientID     string          `json:"client_id"`
	Secret       string          `json:"secret"`
	Key          json.RawMessage `json:"key,omitempty"` // private JWK
	Auth         string          `json:"auth"`
	Alg          string          `json:"alg"` // of ID tokens
	Userinfo     string          `json:"userinfo_alg,omitempty"`
	Redirect     string          `json:"redirect_uri"`
	PostLogout   string          `json:"post_logout_redirect_uri"`
	Scope        string          `json:"scope"`
	Flow         string          `json:"flow"`
	ResponseMode string          `json:"response_mode,omitempty"`
	extras
}

// done is what came of it.
type done struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Active   bool   `json:"active"`   // before revocation
	Username string `json:"username"` // sub of the introspection
	Revoked  bool   `json:"revoked"`  // not active after revocation
	Again    string `json:"again"`    // error of a refresh after revocation
	Logout   string `json:"logout"`   // URL that signs the person out
	Error    string `json:"error"`    // of a request that was refused
	found
}

// message is one line from a script: what somebody shall do, or what came of it all.
type message struct {
	Open    string   `json:"open"`
	Look    string   `json:"look"`
	Device  *device  `json:"device"`
	Approve *approve `json:"approve"`
	Done    *done    `json:"done"`
}

// answer is one line to a script: where the browser was sent, or the status of the page that it was shown.
type answer struct {
	URL    string `json:"url,omitempty"`
	Form   string `json:"form,omitempty"`
	Status int    `json:"status,omitempty"`
}

func (w *world) task(rp *testkit.RP, m method, key json.RawMessage, flow string) task {
	return task{
		Issuer: w.URL, ClientID: rp.ID, Secret: rp.Secret, Key: key, Auth: m.auth, Alg: m.alg, Userinfo: rp.Metadata.UserinfoSignedRespAlg, Redirect: rp.Redirect,
		PostLogout: rp.Metadata.PostLogoutRedirectURIs[0], Scope: allScopes, Flow: flow,
	}
}

// run starts a script, gives it the task and takes its browser where it wants.
func (w *world) run(command []string, b *testkit.Browser, job task) *done {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	mark := w.Log.Mark()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+w.App.Config.TLS.Certificate)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	in, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.send(in, job)
	result := w.talk(in, out, b)
	if err := cmd.Wait(); err != nil || result == nil {
		w.t.Fatalf("%s: %v\n%s\nrefused by %v", filepath.Base(command[0]), err, complaint.String(), w.Log.Refused(mark))
	}
	return result
}

// talk answers a script until it is done; nil when it stopped before.
func (w *world) talk(in io.Writer, out io.Reader, b *testkit.Browser) *done {
	w.t.Helper()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			w.t.Fatalf("the script says %q", lines.Text())
		}
		if m.Done != nil {
			return m.Done
		}
		w.send(in, w.obey(b, m))
	}
	return nil
}

// obey does what a script asks the person or their browser for.
func (w *world) obey(b *testkit.Browser, m message) answer {
	w.t.Helper()
	switch {
	case m.Look != "":
		return w.look(m.Look)
	case m.Device != nil:
		w.answerDevice(*m.Device)
		return answer{}
	case m.Approve != nil:
		w.answerRequest(*m.Approve)
		return answer{}
	default:
		return w.visit(b, m.Open)
	}
}

func (w *world) send(in io.Writer, v any) {
	w.t.Helper()
	if _, err := in.Write(append(encode(w.t, v), '\n')); err != nil {
		w.t.Fatal(err)
	}
}

// visit signs the person in where asked and returns what reached the application.
func (w *world) visit(b *testkit.Browser, authURL string) answer {
	w.t.Helper()
	p := b.Get(authURL)
	if p.Location == nil && p.HasID("login-password") {
		p = p.SignIn(email, testkit.Password)
	}
	if p = p.Allow(); p.Location != nil {
		return answer{URL: p.Location.String()}
	}
	if !p.HasID("form-post") {
		w.t.Fatalf("the browser did not reach the application but %s (status %d):\n%.800s", p.URL.Path, p.Status, p.Body)
	}
	action, form := p.Form()
	return answer{URL: action, Form: form.Encode()}
}

// tool is the path of an installed tool, or skips. Relative ones hold from the root of the repository.
func tool(t *testing.T, env, what string, parts ...string) string {
	t.Helper()
	path := os.Getenv(env)
	if path == "" {
		t.Skipf("%s is not set: it names %s. See doc.go.", env, what)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join("..", "..", path)
	}
	if _, err := os.Stat(filepath.Join(append([]string{path}, parts...)...)); err != nil {
		t.Fatalf("%s: %v", env, err)
	}
	return path
}

// told runs a flow and wants the person signed in, and the application told these errors where it did wrong on purpose.
func (w *world) told(command []string, job task, errors map[string]string) *done {
	w.t.Helper()
	d := w.run(command, w.Browser(), job)
	if d.Subject != w.subject || !maps.Equal(d.Errors, errors) {
		w.t.Errorf("signed in as %q, want %q; refused:\n%v, want\n%v", d.Subject, w.subject, d.Errors, errors)
	}
	return d
}

// wantEverything judges a code flow that ran to its end.
func (w *world) wantEverything(d *done) {
	w.t.Helper()
	if d.Subject != w.subject || d.Email != email {
		w.t.Errorf("signed in as %q %q, want %q", d.Subject, d.Email, w.subject)
	}
	if !d.Active || d.Username != w.subject || !d.Revoked || d.Again != "invalid_grant" {
		w.t.Errorf("introspection and revocation: %+v", d)
	}
}

// wantLogout follows the application's link and wants the browser back there, signed out.
func (w *world) wantLogout(b *testkit.Browser, d *done, rp *testkit.RP) {
	w.t.Helper()
	p := b.Get(d.Logout)
	want := rp.Metadata.PostLogoutRedirectURIs[0] + "?" + url.Values{"state": {"bye"}}.Encode()
	if p.Location == nil || p.Location.String() != want {
		w.t.Fatalf("signing out led to %v, want %s (status %d)", p.Location, want, p.Status)
	}
	if p := b.Get(w.AuthURL(rp)); p.Status != http.StatusOK || !p.HasID("login-password") {
		w.t.Error("still signed in")
	}
}

// codeFlow runs a script's code flow from sign-in to logout.
func (w *world) codeFlow(command []string, m method, change ...func(*storage.ClientMetadata)) {
	w.t.Helper()
	rp, key := w.register(m, change...)
	b := w.Browser()
	d := w.run(command, b, w.task(rp, m, key, "code"))
	w.wantEverything(d)
	w.wantLogout(b, d, rp)
}

// refused runs a script whose request is turned down, for nobody is signed in.
func (w *world) refused(command []string) {
	w.t.Helper()
	m := method{"client_secret_basic", "RS256"}
	rp, key := w.register(m)
	if d := w.run(command, w.Browser(), w.task(rp, m, key, "refused")); d.Error != "login_required" {
		w.t.Errorf("the application was told %q", d.Error)
	}
}

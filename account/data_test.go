package account

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
)

// data stands for what is kept of Ann.
type data struct {
	exported, erased, kept int
	due                    time.Time
	last                   bool // she is the last administrator
	breaks                 bool // reading fails midway
}

func (d *data) Export(_ context.Context, w io.Writer, _ *session.Current) error {
	d.exported++
	if _, err := io.WriteString(w, `{"people":[]}`); err != nil || !d.breaks {
		return err
	}
	return errors.New("the database is away")
}

func (d *data) Erase(context.Context, *session.Current) (time.Time, error) {
	if d.last {
		return time.Time{}, errs.New(errs.Forbidden, "")
	}
	d.erased++
	return d.due, nil
}

func (d *data) Due(context.Context, *session.Current) (time.Time, error) { return d.due, nil }

func (d *data) Keep(context.Context, *session.Current) error {
	d.kept, d.due = d.kept+1, time.Time{}
	return nil
}

// send fills in the first form of a page.
func (b *browser) send(path string, values ...string) *httptest.ResponseRecorder {
	_, rest, _ := strings.Cut(b.get(path).Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	form := url.Values{"csrf": {token}}
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return b.do(b.request(http.MethodPost, path, form))
}

func again(rec *httptest.ResponseRecorder) bool {
	return rec.Code == http.StatusSeeOther && strings.HasPrefix(rec.Header().Get("Location"), issuer+"/login?flow=")
}

func TestExportNeedsAFreshSignIn(t *testing.T) {
	w := one(t)
	b := w.browser()
	rec := b.send(exportPath)
	if rec.Code != http.StatusOK || rec.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(rec.Header().Get("Content-Disposition"), "attachment") || rec.Body.String() != `{"people":[]}` {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	w.now = w.now.Add(defaultFresh + time.Second)
	if rec := b.send(exportPath); !again(rec) || w.data.exported != 1 {
		t.Errorf("a stale sign-in: %d, %d downloads", rec.Code, w.data.exported)
	}
	if rec := b.do(b.request(http.MethodPost, exportPath, url.Values{})); w.data.exported != 1 {
		t.Errorf("without a token: %d", rec.Code)
	}
	if rec := w.browser().do(b.request(http.MethodPost, exportPath, url.Values{"csrf": {"x"}})); w.data.exported != 1 {
		t.Errorf("with another's token: %d", rec.Code)
	}
}

// Half a document is no answer: the connection ends with it.
func TestExportThatBreaksIsCutOff(t *testing.T) {
	w := one(t)
	b := w.browser()
	w.data.breaks = true
	defer func() {
		if caught := recover(); caught != http.ErrAbortHandler { //nolint:errorlint // as net/http compares
			t.Errorf("caught %v", caught)
		}
	}()
	b.send(exportPath)
	t.Error("it passes for whole")
}

func TestEraseNeedsAFreshSignInAndTheIdentifier(t *testing.T) {
	w := one(t)
	b := w.browser()
	for _, typed := range []string{"", "yes", "bob@acme.test"} {
		if rec := b.send(erasePath, "confirm", typed); rec.Code != http.StatusBadRequest || w.data.erased != 0 || !strings.Contains(rec.Body.String(), `id="erase-confirm-error"`) {
			t.Errorf("%q: %d", typed, rec.Code)
		}
	}
	w.data.last = true
	if rec := b.send(erasePath, "confirm", "ann@acme.test"); rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), "last administrator") {
		t.Errorf("the last administrator: %d", rec.Code)
	}
	w.data.last = false
	w.now = w.now.Add(defaultFresh + time.Second)
	if rec := b.get(erasePath); !again(rec) {
		t.Errorf("a stale sign-in: %d", rec.Code)
	}
	if rec := b.do(b.request(http.MethodPost, erasePath, url.Values{"confirm": {"ann@acme.test"}})); !again(rec) || w.data.erased != 0 {
		t.Errorf("a stale sign-in: %d", rec.Code)
	}
	fresh := w.browser()
	if rec := fresh.send(erasePath, "confirm", " Ann@acme.test "); rec.Code != http.StatusOK || w.data.erased != 1 || !strings.Contains(rec.Body.String(), "Your account is deleted") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if fresh.current() != nil {
		t.Error("the cookie stays")
	}
}

func TestEraseThatWaitsCanBeCalledOff(t *testing.T) {
	w := one(t)
	b := w.browser()
	w.data.due = w.now.Add(72 * time.Hour)
	rec := b.send(erasePath, "confirm", "ann@acme.test")
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "4 March 2026") || b.current() == nil {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := b.send(erasePath, "keep", "1"); rec.Code != http.StatusOK || w.data.kept != 1 || !strings.Contains(rec.Body.String(), `id="erase-submit"`) {
		t.Errorf("%d", rec.Code)
	}
}

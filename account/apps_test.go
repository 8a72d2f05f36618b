package account

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// allowed is what Ann has allowed.
type allowed struct{ rows []web.AppRow }

func (a *allowed) Apps(context.Context, *session.Current, string) ([]web.AppRow, error) {
	return a.rows, nil
}

func (a *allowed) End(_ context.Context, _ *session.Current, app storage.ID) (string, error) {
	for i, row := range a.rows {
		if row.ID == app.String() {
			a.rows = append(a.rows[:i:i], a.rows[i+1:]...)
			return row.ClientName, nil
		}
	}
	return "", errs.New(errs.NotFound, "")
}

func (b *browser) end(token, app string) *http.Response {
	return b.do(b.request(http.MethodPost, appsPath, url.Values{"csrf": {token}, "app": {app}})).Result()
}

func TestAppsAreListedAndEnded(t *testing.T) {
	w := one(t)
	if rec := (&browser{w: w, cookies: map[string]string{}}).get(appsPath); rec.Code != http.StatusSeeOther {
		t.Errorf("a stranger: %d", rec.Code)
	}
	b := w.browser()
	if page := b.get(appsPath).Body.String(); !strings.Contains(page, "No app may use") {
		t.Error(page)
	}
	mine, other := storage.NewID(w.now), storage.NewID(w.now)
	w.allowed.rows = []web.AppRow{{ID: mine.String(), ClientName: "Mail Helper", Agent: true, Since: w.now, Until: w.now}, {ID: other.String(), ClientName: "Acme Files", Since: w.now}}
	page := b.get(appsPath).Body.String()
	for _, text := range []string{"Mail Helper", "Agent", "Acme Files", "no access at the moment", "end-" + mine.String()} {
		if !strings.Contains(page, text) {
			t.Errorf("%s is not on %s", text, page)
		}
	}
	_, rest, _ := strings.Cut(page, `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	for name, try := range map[string]func() *http.Response{
		"no token": func() *http.Response { return b.end("", mine.String()) }, "no app": func() *http.Response { return b.end(token, "x") },
	} {
		if r := try(); r.StatusCode < 400 || len(w.allowed.rows) != 2 {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
	for range 2 { // twice is no error
		if r := b.end(token, mine.String()); r.StatusCode != http.StatusOK || len(w.allowed.rows) != 1 {
			t.Errorf("%d, %v", r.StatusCode, w.allowed.rows)
		}
	}
}

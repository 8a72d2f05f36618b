package account

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// waiting is what waits for Ann.
type waiting struct {
	rows    []Approval
	decided []bool
	late    bool // somebody else was faster
}

func (q *waiting) Approvals(context.Context, *session.Current) ([]Approval, error) {
	return q.rows, nil
}

func (q *waiting) Approval(_ context.Context, _ *session.Current, id storage.ID) (*Approval, error) {
	for i := range q.rows {
		if q.rows[i].ID == id {
			return &q.rows[i], nil
		}
	}
	return nil, errs.New(errs.NotFound, "")
}

func (q *waiting) Decide(_ context.Context, _ *session.Current, _ storage.ID, allow bool, _ []string) (bool, error) {
	if q.late {
		return false, nil
	}
	q.decided = append(q.decided, allow)
	return true, nil
}

func (w *world) asked(change func(*Approval)) string {
	a := Approval{ID: storage.NewID(w.now), ClientName: "Acme Bank", Message: "W4SCT", At: w.now, Until: w.now.Add(time.Minute)}
	change(&a)
	w.waiting.rows = append(w.waiting.rows, a)
	return approvalsPath + "/" + a.ID.String()
}

func (b *browser) answer(path, decision string) *http.Response {
	_, rest, _ := strings.Cut(b.get(path).Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	return b.do(b.request(http.MethodPost, path, url.Values{"csrf": {token}, "decision": {decision}})).Result()
}

func TestApprovalsNeedASession(t *testing.T) {
	w := one(t)
	path := w.asked(func(*Approval) {})
	stranger := &browser{w: w, cookies: map[string]string{}}
	for _, p := range []string{approvalsPath, path} {
		if rec := stranger.get(p); rec.Code != http.StatusSeeOther || !strings.HasPrefix(rec.Header().Get("Location"), issuer+"/login?flow=") {
			t.Errorf("%s: %d %s", p, rec.Code, rec.Header().Get("Location"))
		}
	}
}

func TestApprovalIsAskedAndAnswered(t *testing.T) {
	w := one(t)
	b := w.browser()
	if page := b.get(approvalsPath).Body.String(); !strings.Contains(page, "Nothing waits") {
		t.Error(page)
	}
	path := w.asked(func(*Approval) {})
	for _, p := range []string{approvalsPath, path} {
		if page := b.get(p).Body.String(); !strings.Contains(page, "Acme Bank") || !strings.Contains(page, "W4SCT") {
			t.Errorf("%s: %s", p, page)
		}
	}
	if page := b.get("/").Body.String(); !strings.Contains(page, "One request waits for you") {
		t.Error(page)
	}
	for _, decision := range []string{"allow", "deny"} {
		if got := b.answer(path, decision); got.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", decision, got.StatusCode)
		}
	}
	if len(w.waiting.decided) != 2 || !w.waiting.decided[0] || w.waiting.decided[1] {
		t.Errorf("decided %v", w.waiting.decided)
	}
	w.waiting.late = true
	if got := b.answer(path, "allow"); got.StatusCode != http.StatusNotFound {
		t.Errorf("too late: %d", got.StatusCode)
	}
	if got := b.answer(path, "perhaps"); got.StatusCode != http.StatusBadRequest {
		t.Errorf("perhaps: %d", got.StatusCode)
	}
}

// SE02: a form counts for the request and in the session that it was shown in.
func TestSE02ApprovalForms(t *testing.T) {
	w := one(t)
	b, other := w.browser(), w.browser()
	path, second := w.asked(func(*Approval) {}), w.asked(func(*Approval) {})
	_, rest, _ := strings.Cut(b.get(path).Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	form := url.Values{"csrf": {token}, "decision": {"allow"}}
	if rec := b.do(b.request(http.MethodPost, second, form)); rec.Code != http.StatusForbidden {
		t.Errorf("another request: %d", rec.Code)
	}
	if rec := other.do(other.request(http.MethodPost, path, form)); rec.Code != http.StatusForbidden {
		t.Errorf("another browser: %d", rec.Code)
	}
	if len(w.waiting.decided) != 0 {
		t.Error("something was decided")
	}
}

// An app that asks for a stronger sign-in gets no yes before it.
func TestApprovalAsksToSignInAgain(t *testing.T) {
	w := one(t)
	b := w.browser()
	path := w.asked(func(a *Approval) { a.Weak = true })
	page := b.get(path).Body.String()
	if strings.Contains(page, `id="consent-allow"`) || !strings.Contains(page, `id="approval-again"`) {
		t.Error(page)
	}
	if rec := b.get(path + "?again=1"); rec.Code != http.StatusSeeOther || !strings.HasPrefix(rec.Header().Get("Location"), issuer+"/login?flow=") {
		t.Errorf("%d %s", rec.Code, rec.Header().Get("Location"))
	}
}

package account

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// happened reads the real log; no application is known by name.
type happened struct{ w *world }

func (h *happened) Activity(ctx context.Context, person, before storage.ID, limit int) ([]audit.Event, error) {
	return h.w.audit.OfPerson(ctx, h.w.db, h.w.tenant, person, before, limit)
}

func (h *happened) AppName(context.Context, string) string { return "" }

// Activity comes in pages, the newest first, and only the person's own.
func TestActivityIsPaged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		for i := range 2 * activityRows {
			w.record(audit.Event{Type: audit.ConsentGrant, ActorKind: audit.Person, Actor: w.person.ID.String(), Client: fmt.Sprintf("app-%d", i)})
			w.record(audit.Event{Type: "stranger.event", ActorKind: audit.Person, Actor: storage.NewID(w.now).String()})
		}
		page := b.get(activityPath).Body.String()
		if n := strings.Count(page, "to use your account"); n != activityRows || strings.Contains(page, "stranger.event") {
			t.Errorf("%d rows on the first page", n)
		}
		_, rest, found := strings.Cut(page, `href="/account/activity?before=`)
		if !found {
			t.Fatal("no way to older rows")
		}
		before, _, _ := strings.Cut(rest, `"`)
		older := b.get(activityPath + "?before=" + before).Body.String()
		if strings.Count(older, "to use your account") != activityRows || strings.Contains(page[strings.Index(page, `id="activity"`):], "You signed in") {
			t.Error("the second page does not go on where the first ends")
		}
		if rec := b.get(activityPath + "?before=x"); rec.Code != http.StatusBadRequest {
			t.Errorf("nonsense: %d", rec.Code)
		}
	})
}

func (w *world) record(e audit.Event) {
	w.t.Helper()
	w.now = w.now.Add(time.Millisecond)
	must(w.t, w.db.AppendAudit(w.t.Context(), w.audit.Row(w.t.Context(), w.tenant, e)))
}

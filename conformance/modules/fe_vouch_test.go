package modules

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// rechecked is a person with offline access whose upstream gave a refresh token.
type rechecked struct {
	*feWorld
	mood  string // ok, refused, down
	asked int
	b     *testkit.Browser
	token string
}

func newRechecked(t *testing.T, change func(d *federation.Draft)) *rechecked {
	t.Helper()
	r := &rechecked{mood: "ok"}
	r.feWorld = newFE(t, change)
	r.up.set(func(u *upstream) {
		u.answer = func(w http.ResponseWriter) bool { return false }
	})
	r.b = r.Browser()
	away := r.away(r.b, "corp", "scope", "openid offline_access")
	back := r.up.visit(away)
	r.up.set(func(u *upstream) {
		q := u.asked[back.Get("code")]
		u.answer = func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{
				"access_token": "at-1", "token_type": "Bearer", "expires_in": 60, "refresh_token": "upstream-refresh", "id_token": u.idToken(q, "at-1"),
			})
			return true
		}
	})
	code := r.back(r.b, "corp", back).Allow().Params().Get("code")
	r.token = r.Redeem(r.rp, code).Text("refresh_token")
	if r.token == "" {
		t.Fatal("no refresh token")
	}
	r.up.set(func(u *upstream) { u.answer = r.again })
	return r
}

// again is the upstream's token endpoint when it is asked for a refresh.
func (r *rechecked) again(w http.ResponseWriter) bool {
	r.asked++
	w.Header().Set("Content-Type", "application/json")
	switch r.mood {
	case "down":
		w.WriteHeader(http.StatusBadGateway)
	case "refused":
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
	default:
		_, _ = w.Write([]byte(`{"access_token":"at-2","token_type":"Bearer","expires_in":60}`))
	}
	return true
}

func (r *rechecked) set(mood string) { r.up.set(func(*upstream) { r.mood = mood }) }

func (r *rechecked) count() (n int) {
	r.up.set(func(*upstream) { n = r.asked })
	return n
}

// refresh renews at this server, and keeps the new token.
func (r *rechecked) refresh() *testkit.Answer {
	a := r.Refresh(r.rp, r.token)
	if next := a.Text("refresh_token"); next != "" {
		r.token = next
	}
	return a
}

// TestFE_Vouched: a refresh asks the upstream, once for many; its no ends session, grant and introspection at once.
func TestFE_Vouched(t *testing.T) {
	r := newRechecked(t, nil)
	r.Clock.Advance(time.Minute)
	a := r.refresh()
	if a.Status != http.StatusOK || r.count() != 1 {
		t.Fatalf("%v, asked %d times", a, r.count())
	}
	if a = r.refresh(); a.Status != http.StatusOK || r.count() != 1 {
		t.Errorf("again at once: %v, asked %d times", a, r.count())
	}
	access := a.Text("access_token")
	r.Clock.Advance(time.Minute)
	r.set("refused")
	mark := r.Log.Mark()
	if a = r.refresh(); a.Text("error") != "invalid_grant" || !slices.Contains(r.Log.Refused(mark), "refresh.upstream") {
		t.Errorf("refused upstream: %v, by %v", a, r.Log.Refused(mark))
	}
	if r.Introspect(r.rp, access).JSON["active"] == true || in(r.b) {
		t.Error("something outlived the upstream's no")
	}
	r.set("ok")
	if a = r.refresh(); a.Text("error") != "invalid_grant" {
		t.Errorf("the grant came back: %v", a)
	}
}

// TestFE_VouchedAway: an upstream that does not answer ends nothing; after its grace a refresh is refused until it answers.
func TestFE_VouchedAway(t *testing.T) {
	r := newRechecked(t, func(d *federation.Draft) { d.Settings.Grace = 600 })
	r.Clock.Advance(time.Hour)
	r.set("down")
	for _, wait := range []time.Duration{0, 5 * time.Minute, 4 * time.Minute} {
		r.Clock.Advance(wait)
		if a := r.refresh(); a.Status != http.StatusServiceUnavailable || a.Text("error") == "invalid_grant" || a.Header.Get("Retry-After") == "" {
			t.Errorf("after %v: %v", wait, a)
		}
	}
	if !in(r.b) {
		t.Error("the session ended")
	}
	r.Clock.Advance(2 * time.Minute)
	if a := r.refresh(); a.Text("error") != "invalid_grant" {
		t.Errorf("after the grace: %v", a)
	}
	r.set("ok")
	if a := r.refresh(); a.Status != http.StatusOK {
		t.Errorf("it answers again: %v", a)
	}
}

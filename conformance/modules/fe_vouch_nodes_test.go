package modules

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestFE_RecheckOnTwoNodes: an upstream whose refresh tokens count once is asked by one node at a time: the second use of one would be its word that the person is out.
func TestFE_RecheckOnTwoNodes(t *testing.T) {
	r := newRechecked(t, nil)
	n, current := 0, "upstream-refresh"
	r.up.set(func(u *upstream) {
		u.answer = func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/json")
			if u.last.Get("refresh_token") != current {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
				return true
			}
			n++
			current = fmt.Sprint("upstream-", n)
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprint("at-", n), "token_type": "Bearer", "expires_in": 60, "refresh_token": current})
			return true
		}
	})
	nodes := []*testkit.Server{r.Server, r.Server}
	if r.App.Config.Database != "" {
		nodes[1] = r.Node(t)
	}
	tokens := make([]string, 4)
	for i := range tokens {
		code := r.b.Get(r.AuthURL(r.rp, "scope", "openid offline_access")).Allow().Params().Get("code")
		tokens[i] = r.Redeem(r.rp, code).Text("refresh_token")
	}
	for round := range 5 {
		r.Clock.Advance(20 * time.Second)
		var each sync.WaitGroup
		for i := range tokens {
			each.Go(func() {
				a := nodes[i%2].Refresh(r.rp, tokens[i])
				if a.Status != http.StatusOK {
					t.Errorf("round %d: %d %s", round, a.Status, a.Text("error"))
					return
				}
				tokens[i] = a.Text("refresh_token")
			})
		}
		each.Wait()
	}
	if n != 5 {
		t.Errorf("asked %d times", n)
	}
	if a := r.refresh(); a.Status != http.StatusOK {
		t.Errorf("out: %v", a.Status)
	}
}

// TestFE_RecheckOfAnotherWithoutAnswer: a node that has asked and learnt nothing, as of somebody without tokens there, is no word against them for another that waited.
func TestFE_RecheckOfAnotherWithoutAnswer(t *testing.T) {
	w := newFE(t, nil)
	b := w.Browser()
	code := w.through(b, "scope", "openid offline_access").Allow().Params().Get("code")
	token := w.Redeem(w.rp, code).Text("refresh_token")
	p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example")
	w.must(err)
	links, err := w.App.DB.LinksOf(t.Context(), w.App.Tenant, p.ID)
	w.must(err)
	w.Clock.Advance(20 * time.Second)
	now := w.Clock.Now()
	mine, err := w.App.DB.AskLink(t.Context(), storage.AskLink{Tenant: w.App.Tenant, ID: links[0].ID, Now: now, Since: now, Until: now.Add(time.Minute)})
	if err != nil || !mine {
		t.Fatal(mine, err)
	}
	said := make(chan *testkit.Answer)
	go func() { said <- w.Refresh(w.rp, token) }()
	select {
	case a := <-said:
		t.Fatalf("it did not wait for the other: %d", a.Status)
	case <-time.After(200 * time.Millisecond):
	}
	w.must(w.App.DB.FreeLink(t.Context(), w.App.Tenant, links[0].ID))
	if a := <-said; a.Status != http.StatusOK {
		t.Errorf("refused: %d %s", a.Status, a.Text("error"))
	}
}

package modules

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// PW14: a recovery is used or cancelled: of twenty at once exactly one wins, and what is said is what was done.
func TestPW14_LostIsUsedOrCancelledOnce(t *testing.T) {
	w := alone(t, cheap, free, func(c *app.Config) { c.Passwords.Queue = 64 })
	for range 3 {
		email, p, cancel, set := w.ready()
		pages := make([]*testkit.Page, 20)
		for i := range pages {
			pages[i] = w.Browser().Get([]string{set, cancel}[i%2])
		}
		var used, cancelled atomic.Int64
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i, page := range pages {
			wg.Go(func() {
				<-start
				if i%2 == 1 {
					if page.Submit().Status == http.StatusOK {
						cancelled.Add(1)
					}
				} else if page.Submit("new_password", newPassword).Status == http.StatusOK {
					used.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		if used.Load()+cancelled.Load() != 1 || w.underway(p) {
			t.Fatalf("%d used, %d cancelled", used.Load(), cancelled.Load())
		}
		password := []string{testkit.Password, newPassword}[used.Load()]
		w.in(guess(w.Browser(), email, password))
	}
}

// PW14: one link begins one recovery, however many follow it at once.
func TestPW14_LostBeginsOnce(t *testing.T) {
	w := alone(t, cheap, free)
	email, p, link := w.starting()
	pages := make([]*testkit.Page, 20)
	for i := range pages {
		pages[i] = w.Browser().Get(link)
	}
	var wg sync.WaitGroup
	for _, page := range pages {
		wg.Go(func() { page.Submit() })
	}
	wg.Wait()
	evs, err := w.App.DB.AuditEvents(context.Background(), w.App.Tenant, storage.AuditFilter{Type: "recovery.begin", Target: "person:" + p.ID.String(), Limit: 100})
	w.must(err)
	told := 0
	for _, m := range w.Mails(email) {
		if strings.HasPrefix(m.Link(), w.URL+lostCancel) {
			told++
		}
	}
	if len(evs) != 1 || told != 1 {
		t.Errorf("%d events, told %d times", len(evs), told)
	}
}

// TestLostOnTwoNodes: a recovery goes on through a restart, and two nodes send one link.
func TestLostOnTwoNodes(t *testing.T) {
	w := alone(t, cheap, free)
	email, p, _ := w.recovering()
	w.Restart()
	if !w.underway(p) {
		t.Fatal("a restart ends it")
	}
	n := w.Node(t)
	w.Clock.Advance(lostWait)
	var wg sync.WaitGroup
	for _, s := range []*testkit.Server{w.Server, n, w.Server, n} {
		wg.Go(func() { w.must(s.App.RecoverDue(context.Background())) })
	}
	wg.Wait()
	links := 0
	for _, m := range w.Mails(email) { // both write into one folder
		if strings.HasPrefix(m.Link(), w.URL+lostSet) {
			links++
		}
	}
	if links != 1 {
		t.Errorf("%d links", links)
	}
}

// PW14: an administrator's link works once, for who may sign in, and says who made it.
func TestPW14_AdministratorsLink(t *testing.T) {
	w, _, owner := secured(t, cheap)
	ctx := context.Background()
	by := directory.Actor{Kind: "operator", ID: "maria"}
	issue := func(p *storage.Person, factors bool) string {
		t.Helper()
		link, _, err := w.App.RecoveryLink(ctx, p, factors, by)
		w.must(err)
		return link
	}
	again := func() *storage.Person {
		t.Helper()
		p, err := w.App.DB.PersonByID(ctx, w.App.Tenant, w.person.ID)
		w.must(err)
		return p
	}
	older := issue(again(), false)
	link := issue(again(), false)
	w.ended("an older one after a newer", w.Browser().Get(older))
	if m := w.Mail(w.email); m.Subject != "Ein Link zu Ihrem Konto wurde angelegt" {
		t.Errorf("not told: %s", m.Subject)
	}
	if evs := w.factorEvents("recovery.link"); len(evs) != 2 || evs[0].Actor != "maria" || evs[0].ActorKind != "operator" {
		t.Errorf("%+v", evs)
	}
	if p := found(w.Browser(), link); p.Status != http.StatusOK {
		t.Fatalf("%d %.400s", p.Status, p.Body)
	}
	w.out(owner)
	w.ended("a second use", found(w.Browser(), link))
	if p := guess(w.Browser(), w.email, newPassword); !p.HasID("mfa-code") {
		t.Errorf("the factors are gone, though nobody asked: %s", p.URL.Path)
	}
	if p := found(w.Browser(), issue(again(), true)); p.Status != http.StatusOK {
		t.Fatalf("%d %.400s", p.Status, p.Body)
	}
	w.in(guess(w.Browser(), w.email, newPassword))
	link = issue(again(), true)
	w.Clock.Advance(w.App.Config.Recovery.Help)
	w.ended("after its time", w.Browser().Get(link))
	link = issue(again(), true)
	w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonDisabled, testkit.Operator()))
	w.ended("of a disabled person", w.Browser().Get(link))
	if _, _, err := w.App.RecoveryLink(ctx, again(), true, by); err == nil {
		t.Error("a link for a disabled person")
	}
}

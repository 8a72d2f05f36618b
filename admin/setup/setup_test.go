package setup

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestTheLinkMakesTheFirstAdministratorOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.link()
		b := w.browser()
		form := b.form(token)
		rec := b.do(http.MethodPost, "/setup", form)
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "root@acme.test") || !strings.Contains(rec.Body.String(), issuer) {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if cur := b.signedIn(); cur == nil || !cur.Person.Admin {
			t.Error("the administrator is not signed in")
		}
		p, err := w.people.ByIdentifier(t.Context(), w.tenant, "Root@acme.test")
		must(t, err)
		if ok, _, err := w.hasher.Verify(t.Context(), p.PasswordHash, good); !ok || err != nil {
			t.Error("the password does not open the account")
		}
		evs, err := w.db.AuditEvents(t.Context(), w.tenant, storage.AuditFilter{Type: "setup.complete", Limit: 9})
		must(t, err)
		if len(evs) != 1 || evs[0].Target != "person:"+p.ID.String() {
			t.Errorf("events: %+v", evs)
		}
		before := w.hashes.Load()
		if rec := b.do(http.MethodGet, "/setup?token="+token, nil); rec.Code != http.StatusNotFound {
			t.Errorf("the page after use: %d", rec.Code)
		}
		if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound || w.hashes.Load() != before {
			t.Errorf("again: %d", rec.Code)
		}
		if _, err := w.links.NewLink(t.Context()); !errs.Is(err, errs.Conflict) {
			t.Errorf("another link: %v", err)
		}
	})
}

func TestParallelSetupMakesExactlyOneAdministrator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.link()
		type try struct {
			b    *browser
			form url.Values
		}
		tries := make([]try, 16)
		for i := range tries {
			b := w.browser()
			form := b.form(token)
			form.Set("email", string(rune('a'+i))+"@acme.test")
			tries[i] = try{b, form}
		}
		var won, closed, other atomic.Int64
		var wg sync.WaitGroup
		for _, x := range tries {
			wg.Go(func() {
				switch rec := x.b.do(http.MethodPost, "/setup", x.form); rec.Code {
				case http.StatusOK:
					won.Add(1)
				case http.StatusNotFound:
					closed.Add(1)
				default:
					other.Add(1)
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || closed.Load() != 15 || w.admins() != 1 {
			t.Errorf("%d won, %d closed, %d administrators", won.Load(), closed.Load(), w.admins())
		}
	})
}

func TestOnlyAGoodLinkShowsTheForm(t *testing.T) {
	w := one(t)
	old := w.link()
	token := w.link()
	b := w.browser()
	form := b.form(token)
	flipped := []byte(token)
	flipped[0] ^= 1
	for name, bad := range map[string]string{
		"none": "", "replaced by a newer": old, "guess": string(flipped), "short": token[:42], "padded": token + "=", "long": strings.Repeat("A", 5000),
	} {
		if rec := b.do(http.MethodGet, "/setup?token="+bad, nil); rec.Code != http.StatusNotFound || strings.Contains(rec.Body.String(), "<form") {
			t.Errorf("%s: %d", name, rec.Code)
		}
		form.Set("token", bad)
		if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound {
			t.Errorf("%s posted: %d", name, rec.Code)
		}
	}
	w.later(24 * time.Hour)
	form.Set("token", token)
	if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound {
		t.Errorf("a day later: %d", rec.Code)
	}
	if w.hashes.Load() != 0 || w.admins() != 0 {
		t.Errorf("%d hashes, %d administrators", w.hashes.Load(), w.admins())
	}
	if strings.Contains(w.log.String(), token) || strings.Contains(w.log.String(), old) {
		t.Error("the log has a token")
	}
}

func TestAnAdministratorClosesTheLink(t *testing.T) {
	w := one(t)
	token := w.link()
	b := w.browser()
	form := b.form(token)
	_, err := w.people.Create(t.Context(), w.tenant, directory.NewPerson{Claims: directory.Claims{"email": "cli@acme.test"}, Admin: true}, directory.Actor{Kind: "operator"})
	must(t, err)
	if rec := b.do(http.MethodGet, "/setup?token="+token, nil); rec.Code != http.StatusNotFound {
		t.Errorf("page: %d", rec.Code)
	}
	if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusNotFound || w.admins() != 1 || w.hashes.Load() != 0 {
		t.Errorf("posted: %d", rec.Code)
	}
}

func TestFieldsAreJudgedAndTheLinkSurvives(t *testing.T) {
	w := one(t)
	token := w.link()
	b := w.browser()
	_, err := w.people.Create(t.Context(), w.tenant, directory.NewPerson{Claims: directory.Claims{"email": "taken@acme.test"}}, directory.Actor{Kind: "operator"})
	must(t, err)
	for want, change := range map[string][2]string{
		"Enter an email address.":         {"email", ""},
		"looks like name@example.org":     {"email", "root"},
		"Enter a name.":                   {"name", " "},
		"Use a shorter name.":             {"name", strings.Repeat("n", 101)},
		"Enter a password.":               {"password", ""},
		"Use at least 15 characters.":     {"password", "short"},
		"Many people use this password":   {"password", "passwordpassword"},
		"Use a shorter password.":         {"password", strings.Repeat("long ", 300)},
		"Another account uses this addre": {"email", "taken@acme.test"},
	} {
		form := b.form(token)
		form.Set(change[0], change[1])
		rec := b.do(http.MethodPost, "/setup", form)
		if rec.Code < 400 || rec.Code > 499 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d", want, rec.Code)
		}
		if strings.Contains(rec.Body.String(), good) {
			t.Error("the page repeats a password")
		}
	}
	if w.hashes.Load() != 1 {
		t.Errorf("%d hashes; only the taken address needs one", w.hashes.Load())
	}
	if rec := b.do(http.MethodPost, "/setup", b.form(token)); rec.Code != http.StatusOK || w.admins() != 1 {
		t.Errorf("the link did not survive: %d", rec.Code)
	}
}

func TestSE02ForeignForms(t *testing.T) {
	w := one(t)
	token := w.link()
	b, other := w.browser(), w.browser()
	foreign := other.form(token).Get("csrf")
	for name, csrf := range map[string]string{"none": "", "made up": "AAAA", "another browser's": foreign} {
		form := b.form(token)
		form.Set("csrf", csrf)
		if rec := b.do(http.MethodPost, "/setup", form); rec.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	if w.hashes.Load() != 0 || w.admins() != 0 {
		t.Error("something was made")
	}
}

func TestTheTokenIsNotStored(t *testing.T) {
	w := one(t)
	token := w.link()
	var n int
	raw, err := base64.RawURLEncoding.DecodeString(token)
	must(t, err)
	must(t, w.db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM setup_links WHERE hash IN (?, ?) OR length(hash) <> 32", raw, []byte(token)).Scan(&n))
	if n != 0 {
		t.Error("the token or something else is stored")
	}
	must(t, w.db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM setup_links").Scan(&n))
	if n != 1 {
		t.Errorf("%d links", n)
	}
}

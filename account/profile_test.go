package account

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (b *browser) save(values ...string) *httptest.ResponseRecorder {
	_, rest, _ := strings.Cut(b.get(profilePath).Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	form := url.Values{"csrf": {token}}
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return b.do(b.request(http.MethodPost, profilePath, form))
}

func (w *world) claim(name string) any {
	w.t.Helper()
	p, err := w.db.PersonByID(w.t.Context(), w.tenant, w.person.ID)
	must(w.t, err)
	c, err := w.people.Claims(p)
	must(w.t, err)
	return c[name]
}

func TestProfileIsChanged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		if rec := b.save("name", " Ann Bowman ", "nickname", "Annie", "locale", "de-AT"); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "Your profile is saved") {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if w.claim("name") != "Ann Bowman" || w.claim("nickname") != "Annie" || w.claim("locale") != "de-AT" {
			t.Error("not stored")
		}
		if rec := b.save("nickname", ""); rec.Code != http.StatusOK || w.claim("nickname") != nil || w.claim("name") != "Ann Bowman" {
			t.Errorf("%d: %v, %v", rec.Code, w.claim("nickname"), w.claim("name"))
		}
		for name, bad := range map[string]string{
			"picture": "javascript:alert(1)", "website": "ftp://x", "birthdate": "yesterday", "zoneinfo": "Mars", "locale": "?", "name": strings.Repeat("x", 257), "given_name": "a\u202eb",
		} {
			if name == "zoneinfo" {
				bad = "../../etc"
			}
			if rec := b.save("nickname", "kept", name, bad); rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), `id="profile-`+name+`-error"`) || w.claim("nickname") != nil {
				t.Errorf("%s: %d", name, rec.Code)
			}
		}
	})
}

// PW22: nobody makes themselves verified, an administrator or somebody else; the try is on record.
func TestPW22ProfileTakesOnlyWhatIsOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		before, err := w.db.PersonByID(t.Context(), w.tenant, w.person.ID)
		must(t, err)
		tries := []string{
			"email_verified", "phone_number_verified", "phone_verified", "email", "phone_number", "username", "preferred_username", "sub", "admin", "state", "disabled",
			"roles", "groups", "tenant_id", "password_hash", "updated_at", "name#de", "id", "version",
		}
		for _, name := range tries {
			if rec := b.save("name", "Eve", name, "true"); rec.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", name, rec.Code)
			}
		}
		after, err := w.db.PersonByID(t.Context(), w.tenant, w.person.ID)
		must(t, err)
		if after.Version != before.Version || w.claim("name") != "Ann Archer" || w.claim("email_verified") != nil {
			t.Error("something was changed")
		}
		evs, err := w.db.AuditEvents(t.Context(), w.tenant, storage.AuditFilter{Type: audit.UserUpdate, Limit: 99})
		must(t, err)
		if len(evs) != len(tries) || evs[0].Outcome != audit.Failure || evs[0].Reason != "not_editable" {
			t.Errorf("%d events: %+v", len(evs), evs)
		}
	})
}

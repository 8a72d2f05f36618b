package modules

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestFE_Groups: memberships follow the connector's rules at each sign-in, and nothing else that the upstream says (FE10).
func TestFE_Groups(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) {
		configure(d, "groups_claim", "teams")
		d.Settings.Groups = []federation.GroupRule{
			{Group: "engineers", When: `"eng" in groups`}, {Group: "alumni", When: `"eng" in groups`, Keep: true}, {Group: "nowhere", When: "true"},
			{Group: "staff", When: `claims.level > 1`}, // fails when there is no level: nothing is changed
		}
	})
	for _, name := range []string{"engineers", "alumni", "staff", "admin"} {
		_, err := w.App.Groups.Create(t.Context(), name, "", operator())
		w.must(err)
	}
	for i, step := range []struct {
		claims map[string]any
		want   []string
	}{
		{map[string]any{"teams": []string{"eng", "admin"}, "level": 2}, []string{"alumni", "engineers", "staff"}},
		{map[string]any{"teams": []string{"eng"}}, []string{"alumni", "engineers", "staff"}},
		{map[string]any{"teams": []string{"sales"}, "level": 1}, []string{"alumni"}},
		{map[string]any{"level": 2}, []string{"alumni", "staff"}},
	} {
		w.up.set(func(u *upstream) { u.claims = step.claims })
		w.signedIn(w.Browser())
		p, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example")
		w.must(err)
		got, err := w.App.Groups.NamesOf(t.Context(), p.ID)
		w.must(err)
		if slices.Sort(got); !slices.Equal(got, step.want) {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}

func (w *feWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestFE_Trial: an operator's link walks a sign-in that signs in, makes and links nobody.
func TestFE_Trial(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.MFA = `"mfa" in amr` })
	row, err := w.App.Connectors.ByName(t.Context(), "corp")
	w.must(err)
	link := w.App.Connectors.TestURL(row, "")
	b := w.Browser()
	if first := b.Get(link); !first.HasID("test-again") {
		t.Fatalf("a browser's first page, status %d:\n%.2000s", first.Status, first.Body)
	}
	walk := func() *testkit.Page { return w.back(b, "corp", w.up.visit(b.Get(link).Location)) }
	w.up.set(func(u *upstream) { u.claims = map[string]any{"amr": []string{"pwd", "mfa"}} })
	page := walk()
	for _, want := range []string{"A new account would be made.", "sub-1", "new@upstream.example", "<dd>yes</dd>"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q:\n%.3000s", want, page.Body)
		}
	}
	w.up.set(func(u *upstream) { u.break_ = func(c map[string]any) { c["nonce"] = "another" } })
	if page = walk(); !strings.Contains(page.Body, "oidc_id_token.nonce") {
		t.Errorf("the check is not named:\n%.3000s", page.Body)
	}
	if in(b) {
		t.Error("the test signed somebody in")
	}
	if _, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@upstream.example"); err == nil {
		t.Error("the test made an account")
	}
	w.up.set(func(u *upstream) { u.break_, u.claims = nil, nil })
	other := newUpstream(t, w.Clock.Now)
	w.connect("other", other, nil)
	at, err := url.Parse(link)
	w.must(err)
	for name, path := range map[string]string{"another connector": "/federation/other/test?" + at.RawQuery, "none": "/federation/corp/test", "nonsense": "/federation/corp/test?ticket=AAAAAAAAAAAAAAAA"} {
		if p := b.Get(path); p.Status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, p.Status)
		}
	}
	w.Clock.Advance(16 * time.Minute)
	if p := b.Get(link); p.Status != http.StatusForbidden {
		t.Errorf("after its time: status %d", p.Status)
	}
}

// TestFE_NoAccount: who has no account here is told so on the sign-in page.
func TestFE_NoAccount(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Create = false })
	if p := w.through(w.Browser()); p.Status != http.StatusForbidden || !strings.Contains(p.Body, "There is no account here for that sign-in.") {
		t.Errorf("status %d:\n%.2000s", p.Status, p.Body)
	}
	taken := newUpstream(t, w.Clock.Now)
	w.connect("taken", taken, func(d *federation.Draft) { d.Settings.Link = federation.LinkDeny })
	w.Person("maria@example.org")
	taken.set(func(u *upstream) { u.claims = map[string]any{"email": "maria@example.org"} })
	b := w.Browser()
	if p := w.back(b, "taken", taken.visit(w.away(b, "taken"))); !strings.Contains(p.Body, "belongs to an account here") {
		t.Errorf("status %d:\n%.2000s", p.Status, p.Body)
	}
}

// TestFE_SwitchedOff: what rests on an upstream that the operator has switched off is not renewed, and goes on once it is on again.
func TestFE_SwitchedOff(t *testing.T) {
	w := newFE(t, nil)
	b := w.Browser()
	rp := w.Client(storage.ClientMetadata{})
	w.rp = rp
	code := w.through(b, "scope", "openid offline_access").Allow().Params().Get("code")
	token := w.Redeem(rp, code).Text("refresh_token")
	if token == "" {
		t.Fatal("no refresh token")
	}
	off := func(disabled bool) {
		_, err := w.App.Connectors.Update(t.Context(), "corp", func(d *federation.Draft) error { d.Disabled = disabled; return nil }, operator())
		w.must(err)
	}
	off(true)
	mark := w.Log.Mark()
	if a := w.Refresh(rp, token); a.Text("error") != "invalid_grant" || !slices.Contains(w.Log.Refused(mark), "refresh.upstream") {
		t.Errorf("switched off: %v", a)
	}
	off(false)
	if a := w.Refresh(rp, token); a.Status != http.StatusOK {
		t.Errorf("on again: %v", a)
	}
}

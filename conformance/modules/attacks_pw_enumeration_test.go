package modules

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// padded is one of many names of the same length, so that answers that repeat it can be compared.
func padded(name string) string { return name + strings.Repeat("x", 24-len(name)) + "@example.org" }

// shape is everything that an answer shows, without what was typed and when.
func shape(p *testkit.Page, typed string) string {
	h := maps.Clone(p.Header)
	delete(h, "Date")
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		b.WriteString(name + ": " + strings.Join(h[name], "|") + "\n")
	}
	return b.String() + strings.ReplaceAll(p.Body, typed, "")
}

// PW01: whatever is wrong with an account, the answer and the work are the same: one hash, one page.
func TestPW01_UniformRefusals(t *testing.T) {
	w := alone(t, cheap, free)
	people := map[string]*storage.Person{}
	for _, name := range []string{"wrong", "locked", "disabled", "no-password", "unverified", "own-browser"} {
		people[name] = w.Person(padded(name))
	}
	ctx := context.Background()
	w.must(w.App.Directory.SetState(ctx, w.App.Tenant, people["locked"].ID, storage.PersonLocked, testkit.Operator()))
	w.must(w.App.Directory.SetState(ctx, w.App.Tenant, people["disabled"].ID, storage.PersonDisabled, testkit.Operator()))
	w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, people["no-password"].ID, "", storage.ID{}, testkit.Operator()))
	_, err := w.App.Directory.Update(ctx, w.App.Tenant, people["unverified"].ID, directory.UpdatePerson{Claims: directory.Claims{"email_verified": false}}, testkit.Operator())
	w.must(err)

	b := w.Browser()
	w.in(guess(b, padded("own-browser"), testkit.Password)) // this browser knows one of them
	b.Get("/oauth2/logout").Submit()
	page := b.Get("/login")
	kinds := map[string]struct{ password, row string }{
		"unknown": {testkit.Password, "person"}, "wrong": {"not the password", "password"}, "locked": {testkit.Password, "state"},
		"disabled": {testkit.Password, "state"}, "no-password": {testkit.Password, "credential"}, "unverified": {"not the password", "password"},
		"own-browser": {"not the password", "password"}, "locked-wrong": {"not the password", "person"},
	}
	const samples = 30
	want := ""
	for range samples {
		for name, kind := range kinds {
			mark := w.Log.Mark()
			var p *testkit.Page
			if n := w.hashed(func() { p = page.Submit("identifier", padded(name), "password", kind.password) }); n != 1 {
				t.Errorf("%s costs %d hashes", name, n)
			}
			w.wrong(p)
			if rows := w.Log.Refused(mark); len(rows) == 0 || rows[0] != kind.row {
				t.Errorf("%s: refused by %v, want %s", name, rows, kind.row)
			}
			if got := shape(p, padded(name)); want == "" {
				want = got
			} else if got != want {
				t.Fatalf("%s differs:\n%s\n---\n%s", name, got, want)
			}
		}
	}
	w.in(page.Submit("identifier", padded("wrong"), "password", testkit.Password))
}

// PW01: the sign-in page itself asks nothing of the directory: a hint at anybody gives the same page.
func TestPW01_HintsTellNothing(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	known, unknown := w.email, strings.Replace(w.email, "person", "nobody", 1)
	b := w.Browser()
	flow := func(hint string) string {
		p := b.Get(w.AuthURL(rp, "login_hint", hint, "prompt", "login"))
		if !strings.Contains(p.Body, `value="`+hint+`"`) {
			t.Fatalf("the hint is not there: %s", p.Body)
		}
		body := strings.ReplaceAll(p.Body, p.URL.Query().Get("flow"), "")
		return strings.ReplaceAll(body, hint, "")
	}
	var a, z string
	if n := w.hashed(func() { a, z = flow(known), flow(unknown) }); n != 0 {
		t.Errorf("%d hashes for a page", n)
	}
	if !sameWithoutFlow(a, z) {
		t.Errorf("pages differ:\n%s\n---\n%s", a, z)
	}
	if s := w.Get(w.AuthURL(rp, "login_hint", known, "prompt", "none")); s.Status != http.StatusSeeOther || s.Location().Query().Get("error") != "login_required" {
		t.Errorf("prompt=none with a hint: %d %s", s.Status, s.Header.Get("Location"))
	}
}

// sameWithoutFlow compares pages whose sealed flow, longer by a hint's length, is escaped in links.
func sameWithoutFlow(a, b string) bool {
	strip := func(s string) string {
		for {
			before, rest, found := strings.Cut(s, "flow=")
			if !found {
				return s
			}
			_, after, _ := strings.Cut(rest, `"`)
			s = before + `"` + after
		}
	}
	return strip(a) == strip(b)
}

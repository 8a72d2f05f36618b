package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestMenu: the pages of an account stand beside the menu, which marks where one is, and no other page does.
func TestMenu(t *testing.T) {
	r := newRenderer(t, Options{BasePath: "/x", Without: []string{"approvals"}})
	body := draw(t, r, "/x/account/apps", http.StatusOK, AppsPage{Lang: "en"}).Body.String()
	for _, want := range []string{`href="/x/account/apps" aria-current="page"`, `href="/x/account/password">`, `href="/x/">`, "account."} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if n := strings.Count(body, `aria-current="page"`); n != 2 {
		t.Errorf("%d entries are marked, want one in each form of the menu", n)
	}
	if strings.Contains(body, "/account/approvals") {
		t.Error("what is not there is offered")
	}
	for _, p := range []Page{LoginPage{}, HomePage{}, ConsentPage{}, ErrorPage{}} {
		if body := draw(t, r, "/x/", http.StatusOK, p).Body.String(); strings.Contains(body, "menu") || strings.Contains(body, "/assets/account.") {
			t.Errorf("%T has the menu", p)
		}
	}
}

// TestEverySectionIsInTheMenu: a page whose section is in no menu could not be found again.
func TestEverySectionIsInTheMenu(t *testing.T) {
	listed := map[string]bool{"": true}
	for _, s := range menu() {
		listed[s.name] = true
	}
	for _, p := range samples() {
		if s := p.spec().section; !listed[s] {
			t.Errorf("%T: the menu has no %q", p, s)
		}
	}
}

package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// TestScreens walks past every screen in both widths and schemes, runs axe-core over each (JEDAN_AXE) and keeps a picture (JEDAN_SHOTS).
func TestScreens(t *testing.T) {
	axe, shots := os.Getenv("JEDAN_AXE"), os.Getenv("JEDAN_SHOTS")
	if axe == "" && shots == "" {
		t.Skip("neither JEDAN_AXE names an axe.min.js nor JEDAN_SHOTS a folder: the screens are not looked at")
	}
	g := &gallery{}
	if axe != "" {
		script, err := os.ReadFile(fromRoot(axe))
		if err != nil {
			t.Fatal(err)
		}
		g.axe = string(script)
	}
	if shots != "" {
		g.folder = fromRoot(shots)
	}
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			l := look{width, scheme}
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) { g.walk(open(t), l) })
			t.Run(fmt.Sprintf("guarded, %d %s", width, scheme), func(t *testing.T) {
				w := guarded(t)
				b := w.tab(t, true)
				b.do(chromedp.Func(l.set))
				w.guardedWay(b, func(name string) { g.show(b, l, name) })
			})
		}
	}
}

// gallery judges screens and keeps pictures of them.
type gallery struct{ axe, folder string }

// walk goes from the set-up link to the last sign-out.
func (g *gallery) walk(w *world, l look) {
	link, err := w.App.SetupLink(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	b := w.tab(w.t, true)
	b.do(chromedp.Func(l.set))
	show := func(name string) { w.t.Helper(); g.show(b, l, name) }

	b.visit(link)
	b.see("#setup-submit")
	show("set-up")
	b.setUp(link)
	show("set-up-done")
	b.do(chromedp.Navigate(w.authURL("prompt", "login")))
	b.see("#step-back")
	show("sign-in-again")
	b.press("#step-back", "#login-password")
	show("sign-in")
	w.signIn(b, "not the password at all", "[role=alert]")
	show("sign-in-refused")
	w.signIn(b, testkit.Password, "#consent-allow")
	show("consent")
	b.press("#consent-allow", "#acme")
	w.landed(b)
	g.own(w, b, show)
	b.visit(w.authURL("prompt", "select_account"))
	b.see("#account-other")
	show("accounts")
	b.visit(w.authURL("redirect_uri", "https://evil.example/cb"))
	b.see("main details")
	show("error")
	b.press("main summary", "#error-code")
	g.judge(b, "error with details")
	b.visit(w.URL + "/oauth2/logout")
	b.see("#logout-confirm")
	show("sign-out")
	b.press("#logout-confirm", "main .sign.good")
	show("signed-out")
}

func (g *gallery) show(b *tab, l look, name string) {
	b.t.Helper()
	g.judge(b, name)
	if g.folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	small, err := shrink(raw)
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(g.folder, fmt.Sprintf("%s-%d-%s.png", name, l.width, l.scheme))
	if err := os.WriteFile(path, small, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

const axeRun = `;(async () => {
	const found = await axe.run(document, {resultTypes: ["violations"]});
	return found.violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ") + " " + n.failureSummary).join(" | "));
})()`

func (g *gallery) judge(b *tab, name string) {
	b.t.Helper()
	if ask[bool](b, "document.documentElement.scrollWidth > innerWidth") {
		b.t.Errorf("%s scrolls sideways", name)
	}
	if g.axe == "" {
		return
	}
	if found := ask[[]string](b, g.axe+axeRun); len(found) > 0 {
		b.t.Errorf("%s:\n%s", name, strings.Join(found, "\n"))
	}
}

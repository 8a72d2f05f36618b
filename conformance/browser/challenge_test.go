package browser

import (
	"fmt"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// TestChallenge: while strangers are refused from here, a browser computes before it signs in, and one without scripts waits.
func TestChallenge(t *testing.T) {
	a := newAcme(t)
	w := &world{t: t, acme: a, chromium: launch(t, acmeHost, a.address())}
	w.Server = testkit.Start(t, func(c *app.Config) { c.Login.Challenge.Wait = 2 * time.Second })
	w.register("maria@example.org")
	stranger := w.Browser()
	for i := range 7 {
		stranger.Get("/login").Submit("identifier", fmt.Sprintf("nobody%d@example.org", i), "password", "not the password")
	}
	t.Run("scripts", func(t *testing.T) {
		b := w.tab(t, true)
		b.visit(w.URL + "/login")
		b.see("#challenge-progress")
		w.signIn(b, testkit.Password, "#home-sign-out") // faster than the work, perhaps: it goes on by itself
	})
	t.Run("no scripts", func(t *testing.T) {
		b := w.tab(t, false)
		b.visit(w.URL + "/login")
		w.signIn(b, testkit.Password, "[role=alert]")
		b.press("#challenge-wait", "#challenge-next")
		w.Clock.Advance(2 * time.Second)
		b.press("#challenge-next", "#login-identifier")
		w.signIn(b, testkit.Password, "#home-sign-out")
	})
}

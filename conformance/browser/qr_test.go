package browser

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// Two browsers, one of them a phone that is signed in: the code is opened there, the number goes from one to the other, and the desk is signed in after a click. The pages
// of the desk go on by themselves. A wrong number and a refusal end it on both sides. All of it with scripts and without.
func TestSignInByPhone(t *testing.T) {
	w := openNamed(t, func(c *app.Config) { c.Login.QR.Enabled = true })
	for i, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %t", scripts), func(t *testing.T) {
			w := w.with(t, fmt.Sprintf("phone%d@example.org", i))
			phone, desk := w.tab(t, scripts), w.tab(t, scripts)
			phone.do(chromedp.Func(look{width: 390, scheme: "light"}.set))
			phone.visit(w.URL + "/login")
			w.signIn(phone, testkit.Password, "#home-sign-out")

			desk.visit(w.authURL())
			desk.press("#login-qr", "#qr-link")
			phone.visit(desk.text("#qr-link"))
			if phone.text("#qr-asks") == "" {
				t.Error("the phone does not say which device asks")
			}
			phone.press("#qr-go", "#qr-number")
			desk.see("#qr-shown") // by itself
			phone.enter("#qr-number", desk.text("#qr-shown"))
			phone.press("#qr-allow", "main .sign.good")
			desk.see("#qr-continue")
			if desk.text("#qr-person") != w.email {
				t.Errorf("the desk signs in %q", desk.text("#qr-person"))
			}
			desk.press("#qr-continue", "#consent-allow")
			desk.press("#consent-allow", "#acme")
			if got := w.landed(desk); got.Get("code") == "" {
				t.Errorf("the application got %v", got)
			}

			w.wrongNumber(t, phone, scripts)
			w.notMe(t, phone, scripts)
		})
	}
}

// waiting is a desk of somebody's with a code, and where the code leads.
func (w *world) waiting(t *testing.T, scripts bool) (desk *tab, link string) {
	t.Helper()
	desk = w.tab(t, scripts)
	desk.visit(w.URL + "/login")
	desk.visit(w.URL + "/login/qr?" + url.Values{"flow": {desk.value("input[name=flow]")}}.Encode())
	desk.press("#qr-begin", "#qr-link")
	return desk, desk.text("#qr-link")
}

func (w *world) wrongNumber(t *testing.T, phone *tab, scripts bool) {
	t.Helper()
	desk, link := w.waiting(t, scripts)
	phone.visit(link)
	phone.press("#qr-go", "#qr-number")
	desk.see("#qr-shown")
	phone.enter("#qr-number", "7")
	phone.press("#qr-allow", "#qr-number-error")
	wrong := "47"
	if desk.text("#qr-shown") == wrong {
		wrong = "48"
	}
	phone.enter("#qr-number", wrong)
	phone.do(chromedp.Click(chromedp.CSS("#qr-allow"), chromedp.NodeVisible), chromedp.WaitNotPresent(chromedp.CSS("#qr-number")))
	desk.see("#qr-begin")
}

func (w *world) notMe(t *testing.T, phone *tab, scripts bool) {
	t.Helper()
	desk, link := w.waiting(t, scripts)
	phone.visit(link)
	phone.press("#qr-deny", "#qr-sessions")
	desk.see("#qr-begin")
	desk.press("#qr-begin", "#qr-link")
	if desk.text("#qr-link") == link {
		t.Error("the new code is the old one")
	}
}

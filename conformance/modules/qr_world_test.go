package modules

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// byPhone offers a sign-in by phone.
func byPhone(c *app.Config) { c.Login.QR.Enabled = true }

// Two devices, as they name themselves.
const (
	desktopAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	phoneAgent   = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)

// gadget is a browser of its own kind, at an address.
func (w *world) gadget(agent, address string) *testkit.Browser {
	b := w.Browser()
	b.HTTP.Transport = speaking{agent, from{address, b.HTTP.Transport}}
	return b
}

// handset is a phone on which somebody is signed in.
func (w *world) handset(email string) *testkit.Browser {
	w.t.Helper()
	b := w.gadget(phoneAgent, "203.0.113.7")
	w.in(guess(b, email, testkit.Password))
	return b
}

// desk begins a sign-in by phone in a browser that was sent to the sign-in page.
func (w *world) desk(b *testkit.Browser, login *testkit.Page) *testkit.Page {
	w.t.Helper()
	p := b.Get("/login/qr?" + url.Values{"flow": {login.Query("flow")}}.Encode())
	if !p.HasID("qr-begin") {
		w.t.Fatalf("no sign-in by phone: %d on %s: %.300s", p.Status, p.URL, p.Body)
	}
	if p = p.Submit(); !p.HasID("qr-link") {
		w.t.Fatalf("no code: %d on %s: %.300s", p.Status, p.URL, p.Body)
	}
	return p
}

// another asks for another code in the same sign-in, by the button of the sign-in page.
func (w *world) another(b *testkit.Browser, p *testkit.Page) *testkit.Page {
	w.t.Helper()
	_, form := b.Get("/login?" + url.Values{"flow": {p.Query("flow")}}.Encode()).Form()
	return b.Post("/login/qr", url.Values{"csrf": form["csrf"], "flow": form["flow"]})
}

// waitingDesk is one that leads to our own start page.
func (w *world) waitingDesk() (*testkit.Browser, *testkit.Page) {
	w.t.Helper()
	b := w.gadget(desktopAgent, "192.0.2.7")
	return b, w.desk(b, b.Get("/login"))
}

var (
	qrLinkShown   = regexp.MustCompile(`id="qr-link"[^>]*>([^<]+)<`)
	qrNumberShown = regexp.MustCompile(`id="qr-shown"[^>]*>(\d\d)<`)
)

func qrLink(p *testkit.Page) string { return html.UnescapeString(matchOf(qrLinkShown, p.Body)) }

// lookAgain looks at the same page.
func lookAgain(b *testkit.Browser, p *testkit.Page) *testkit.Page { return b.Get(p.URL.String()) }

// qrNumber is what the browser that asks shows once the link was opened.
func (w *world) qrNumber(b *testkit.Browser, desk *testkit.Page) string {
	w.t.Helper()
	p := lookAgain(b, desk)
	n := matchOf(qrNumberShown, p.Body)
	if n == "" {
		w.t.Fatalf("no number: %d %.600s", p.Status, p.Body)
	}
	return n
}

func matchOf(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// scanned opens the link on the phone and goes on to the page that takes the number.
func (w *world) scanned(phone *testkit.Browser, link string) *testkit.Page {
	w.t.Helper()
	p := phone.Get(link)
	if !p.HasID("qr-go") {
		w.t.Fatalf("the phone is not asked: %d on %s: %.300s", p.Status, p.URL, p.Body)
	}
	if p = p.Submit("decision", "go"); !p.HasID("qr-allow") {
		w.t.Fatalf("no number is asked for: %d on %s: %.300s", p.Status, p.URL, p.Body)
	}
	return p
}

func allow(p *testkit.Page, number string) *testkit.Page {
	return p.Submit("decision", "allow", "number", number)
}

// allowed takes a sign-in to where the browser that asks may complete it, and returns the page with that button.
func (w *world) allowed(b *testkit.Browser, desk *testkit.Page, phone *testkit.Browser) *testkit.Page {
	w.t.Helper()
	p := w.scanned(phone, qrLink(desk))
	if done := allow(p, w.qrNumber(b, desk)); done.Status != http.StatusOK || !strings.Contains(done.Body, "Go on at the other device.") {
		w.t.Fatalf("not allowed: %d on %s: %.300s", done.Status, done.URL, done.Body)
	}
	p = lookAgain(b, desk)
	if !p.HasID("qr-continue") {
		w.t.Fatalf("the browser does not go on: %d %.400s", p.Status, p.Body)
	}
	return p
}

// dead wants the one answer of the phone's side.
func (w *world) linkOver(what string, p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusNotFound || !strings.Contains(p.Body, "A code works once and for three minutes, on one phone, and with the right number.") {
		w.t.Errorf("%s: %d on %s: %.300s", what, p.Status, p.URL, p.Body)
	}
}

// overAt wants the one answer of the browser's side.
func (w *world) overAt(what string, p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusNotFound && p.Status != http.StatusForbidden || p.HasID("qr-continue") || p.HasID("qr-link") || !strings.Contains(p.Body, "It was refused, was used, or its three minutes are over.") {
		w.t.Errorf("%s: %d on %s: %.300s", what, p.Status, p.URL, p.Body)
	}
}

// another number than the right one.
func otherNumber(number string) string {
	if number == "47" {
		return "48"
	}
	return "47"
}

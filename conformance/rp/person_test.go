package rp

import (
	"regexp"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// device is a code that the person types, and their answer.
type device struct {
	Code     string `json:"code"`
	Decision string `json:"decision"` // allow or deny
}

// approve is a request that the person finds at home by its message, and their answer.
type approve struct {
	Message  string `json:"message"`
	Decision string `json:"decision"`
}

// look opens a URL in a browser in which nobody is signed in.
func (w *world) look(to string) answer {
	w.t.Helper()
	p := w.Browser().Get(to)
	if p.Location != nil {
		return answer{URL: p.Location.String()}
	}
	return answer{Status: p.Status}
}

// signedIn is a page that the person's browser shows once they have signed in.
func (w *world) signedIn(p *testkit.Page) *testkit.Page {
	w.t.Helper()
	if p.HasID("login-password") {
		p = p.SignIn(email, testkit.Password)
	}
	return p
}

// answerDevice is the person at the screen that a device sent them to.
func (w *world) answerDevice(d device) {
	w.t.Helper()
	p := w.signedIn(w.Browser().Get("/device").Submit("user_code", d.Code))
	if !p.HasID("consent-allow") || !strings.Contains(p.Body, d.Code) {
		w.t.Fatalf("the screen does not ask for %s: %d %.900s", d.Code, p.Status, p.Body)
	}
	if p = p.Submit("decision", d.Decision); p.Status != 200 {
		w.t.Fatalf("not answered: %d %.900s", p.Status, p.Body)
	}
}

var approvalLink = regexp.MustCompile(`href="(/account/approvals/[^"]+)"`)

// answerRequest is the person at home, answering the request whose message they were told.
func (w *world) answerRequest(a approve) {
	w.t.Helper()
	b := w.Browser()
	list := w.signedIn(b.Get("/account/approvals"))
	for _, link := range approvalLink.FindAllStringSubmatch(list.Body, -1) {
		p := b.Get(link[1])
		if !strings.Contains(p.Body, a.Message) {
			continue
		}
		if p = p.Submit("decision", a.Decision); p.Status != 200 {
			w.t.Fatalf("not answered: %d %.900s", p.Status, p.Body)
		}
		return
	}
	w.t.Fatalf("no request says %q: %.900s", a.Message, list.Body)
}

package web

import (
	"cmp"
	"html"
	"html/template"
	"net/url"
	"strings"
	"time"
)

// ChallengeKind is how a form shows that its sender is worth the effort.
type ChallengeKind int

// Kinds; the zero value asks for nothing.
const (
	NoChallenge ChallengeKind = iota
	ChallengeWork
	ChallengeWaited // a wait that is over, or will be: there is nothing left to do
	ChallengeTurnstile
	ChallengeHCaptcha
)

// Problems of a challenge, for the Error of every page that has one.
const (
	ProblemChallenge = "challenge.error" // none was done, or one that does not count
)

// Challenge is what a page asks for before its form counts. The form sends Token back in the field challenge, and the work's result in answer.
type Challenge struct {
	Kind    ChallengeKind
	Token   string
	Nonce   string        // what the work is about, or what a foreign answer is bound to
	Pieces  int           // of the work
	Bits    int           // how hard each piece is
	SiteKey string        // of a foreign service
	Purpose string        // of the form
	Flow    string        // of the sign-in; may be empty
	Wait    time.Duration // how long whoever runs no scripts waits instead
}

// Asks says that there is something to do.
func (c Challenge) Asks() bool { return c.Kind != NoChallenge && c.Kind != ChallengeWaited }

// Work says that the browser computes.
func (c Challenge) Work() bool { return c.Kind == ChallengeWork }

// Sent says that something goes with the form.
func (c Challenge) Sent() bool { return c.Kind != NoChallenge }

// foreign is what another service's challenge needs: where its script is, and what the page's policy lets in for it. On this page only.
type foreign struct{ class, script, field string }

func (c Challenge) foreign() foreign {
	switch c.Kind {
	case ChallengeTurnstile:
		return foreign{class: "cf-turnstile", script: "https://challenges.cloudflare.com/turnstile/v0/api.js"}
	case ChallengeHCaptcha:
		return foreign{class: "h-captcha", script: "https://js.hcaptcha.com/1/api.js"}
	}
	return foreign{}
}

// Class is the class that a foreign script looks for; "" where there is none.
func (c Challenge) Class() string { return c.foreign().class }

// sources are what the policy lets in beside our own; the services document them.
func (c Challenge) sources() (script, frame, style, connect string) {
	switch c.Kind {
	case ChallengeTurnstile:
		const its = " https://challenges.cloudflare.com"
		return its, its, "", ""
	case ChallengeHCaptcha:
		const its = " https://hcaptcha.com https://*.hcaptcha.com"
		return its, its, its, its
	}
	return "", "", "", ""
}

// Attributes are what a foreign script reads.
func (c Challenge) Attributes(v *view) template.HTMLAttr {
	pairs := [][2]string{{"data-sitekey", c.SiteKey}, {"data-language", v.Lang}, {"data-action", c.Purpose}, {"data-cdata", c.Nonce}}
	if c.Kind == ChallengeHCaptcha {
		pairs = [][2]string{{"data-sitekey", c.SiteKey}, {"data-hl", v.Lang}}
	}
	var b strings.Builder
	for _, p := range pairs {
		b.WriteString(" " + p[0] + `="` + html.EscapeString(p[1]) + `"`)
	}
	return template.HTMLAttr(b.String()) //nolint:gosec // G203: names of ours, values escaped
}

// challengeScript is the script of the page's challenge; "" where there is none.
func (v *view) challengeScript() string {
	switch c := v.spec.challenge; {
	case c.Kind == ChallengeWork:
		return v.Asset("challenge.js")
	case c.Asks():
		return c.foreign().script
	}
	return ""
}

// Challenge is the script of the page's challenge; "" where there is none.
func (v *view) Challenge() string { return v.challengeScript() }

// ChallengeWaitPage makes whoever runs no scripts wait: {base}/login/challenge. Its button leads on to a page of
// ours: it does not go on by itself, since readers need a time that is theirs (WCAG 2.2, success criterion 2.2.1).
type ChallengeWaitPage struct {
	Lang string
	Wait time.Duration
	Path string // of the page to go on to
	Flow string // of the sign-in; may be empty
	Pass string // what the wait was for
}

func (p ChallengeWaitPage) spec() spec {
	return spec{template: "challenge_wait", lang: p.Lang, title: msg("challenge.wait.title")}
}

// Next is the address to go on to.
func (p ChallengeWaitPage) Next() string {
	q := url.Values{"waited": {p.Pass}}
	if p.Flow != "" {
		q.Set("flow", p.Flow)
	}
	return cmp.Or(localPath(p.Path), "/login") + "?" + q.Encode()
}

// Lead says how long.
func (p ChallengeWaitPage) Lead(v *view) string {
	return v.T("challenge.wait.lead", "wait", v.Wait(p.Wait))
}

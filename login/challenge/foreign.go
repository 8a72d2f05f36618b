package challenge

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/web"
)

const (
	foreignPatience = 3 * time.Second
	foreignRest     = 30 * time.Second // how long the browser computes instead, after the service failed
	longestResponse = 4 << 10
)

// verdictOf is a service's answer to siteverify, as both document it.
type verdictOf struct {
	Success  bool     `json:"success"`
	Hostname string   `json:"hostname"`
	Action   string   `json:"action"` // Turnstile's
	CData    string   `json:"cdata"`  // Turnstile's
	Codes    []string `json:"error-codes"`
}

// ours are the codes that say that the request was wrong, not the person.
var ours = []string{"missing-input-secret", "invalid-input-secret", "bad-request", "internal-error", "sitekey-secret-mismatch"}

// service is the field of the form and the address of siteverify.
func (c Config) service() (field, address string) {
	if c.Provider == HCaptcha {
		return "h-captcha-response", cmp.Or(c.URL, "https://api.hcaptcha.com/siteverify")
	}
	return "cf-turnstile-response", cmp.Or(c.URL, "https://challenges.cloudflare.com/turnstile/v0/siteverify")
}

// vouched asks the service about what it gave the browser; "" for a yes. Without an answer the form does not pass, and for a while browsers compute instead. The
// service is not told whose address it is: it has seen the browser itself.
func (m *Module) vouched(ctx context.Context, t *try) (received string) {
	field, address := m.c.service()
	response := t.form.Get(field)
	if response == "" || len(response) > longestResponse {
		return "none"
	}
	bounded, cancel := context.WithTimeout(ctx, foreignPatience)
	defer cancel()
	form := url.Values{"secret": {m.c.Secret.Reveal()}, "response": {response}}
	if m.c.Provider == HCaptcha {
		form.Set("sitekey", m.c.SiteKey)
	}
	resp, err := m.d.Fetch.PostForm(bounded, address, form, nil)
	var v verdictOf
	if err == nil {
		err = json.Unmarshal(resp.Body, &v)
	}
	switch {
	case err != nil || !resp.OK() && !v.Success && len(v.Codes) == 0:
		return m.away(ctx, slog.Any("error", err))
	case slices.ContainsFunc(v.Codes, func(c string) bool { return slices.Contains(ours, c) }):
		return m.away(ctx, slog.Any("codes", v.Codes))
	case !v.Success:
		return "one that the service refuses"
	case v.Hostname != m.d.Host:
		return "one of another site"
	case t.token.kind == web.ChallengeTurnstile && (v.CData != t.token.text() || v.Action != t.asked.Purpose):
		return "one of another challenge"
	}
	return ""
}

func (m *Module) away(ctx context.Context, why slog.Attr) string {
	m.resting.Store(m.d.Now().Add(foreignRest).UnixNano())
	m.d.Meter.Challenge(m.c.Provider, "away")
	m.d.Logger.LogAttrs(ctx, slog.LevelWarn, "the challenge's service did not answer: browsers compute instead", slog.String("provider", m.c.Provider), why)
	return "no answer of the service"
}

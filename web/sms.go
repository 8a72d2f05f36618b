package web

import "time"

// SMS is a code for a phone, or with a link the notice that a recovery waits.
type SMS struct {
	Lang  string
	App   string // the application that it is for; empty: the product
	Code  string
	Link  string    // absolute, of the issuer: where a recovery is cancelled
	Ready time.Time // when that is ready
	Host  string    // of the issuer: browsers offer the code on pages of this host only (WebOTP)
}

// SMS words a text message. Its last line is the format of origin-bound one-time codes (WICG), by which browsers fill in the code.
func (r *Renderer) SMS(m SMS) string {
	lang := r.locales.match(bounded(m.Lang, ','))
	if lang == "" {
		lang = defaultLang
	}
	client := display(m.App, maxName)
	if client == "" {
		client = r.product
	}
	if m.Link != "" {
		return fill(r.texts.text(lang, "sms.lost"), []string{"client", client, "ready", r.texts.date(lang, m.Ready), "link", m.Link}, plain)
	}
	return fill(r.texts.text(lang, "sms.code"), []string{"code", m.Code, "client", client}, plain) + "\n\n@" + m.Host + " #" + m.Code
}

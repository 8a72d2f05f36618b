package web

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"path"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"
)

//go:embed emails/*
var embeddedMails embed.FS

// Names of the templates that every mail is written with.
const (
	mailHTML  = "mail.html"
	mailPlain = "mail.txt"
	mailDir   = "emails"
)

// readMails reads our two templates, which are no pages: they have no layout.
func readMails(into map[string][]byte) error {
	for _, name := range []string{mailHTML, mailPlain} {
		data, err := embeddedMails.ReadFile(path.Join(mailDir, name))
		if err != nil {
			return fmt.Errorf("web: %w", err)
		}
		into[name] = data
	}
	return nil
}

// newMails parses both templates and takes colours and sizes from the tokens that the pages have.
func newMails(f files) (mails, error) {
	m := mails{light: short(f.tokens.light), dark: short(f.tokens.dark)}
	var err error
	if m.html, err = template.New(mailHTML).Option("missingkey=error").Parse(string(f.mails[mailHTML])); err != nil {
		return mails{}, fmt.Errorf("web: %s: %w", mailHTML, err)
	}
	if m.text, err = texttemplate.New(mailPlain).Option("missingkey=error").Parse(string(f.mails[mailPlain])); err != nil {
		return mails{}, fmt.Errorf("web: %s: %w", mailPlain, err)
	}
	return m, nil
}

// short drops the prefix that all tokens have.
func short(all map[string]string) map[string]string {
	out := make(map[string]string, len(all))
	for name, value := range maps.All(all) {
		out[strings.TrimPrefix(name, "--ja-")] = value
	}
	return out
}

// pixelsPerRem is what browsers start with.
const pixelsPerRem = 16

// cssValue writes a token's value in pixels where it is in rem. Tokens were read, and checked, when the server began.
func cssValue(value string) template.CSS {
	if n, err := strconv.ParseFloat(strings.TrimSuffix(value, "rem"), 64); err == nil && strings.HasSuffix(value, "rem") {
		value = strconv.FormatFloat(n*pixelsPerRem, 'f', -1, 64) + "px"
	}
	return template.CSS(value) //nolint:gosec // G203: the theme's own value
}

// rehearseMails writes every mail once in every language.
func (r *Renderer) rehearseMails() error {
	for _, lang := range r.locales.names {
		for _, kind := range MailKinds() {
			_, err := r.Mail(Mail{
				Kind: kind, Lang: lang, Link: "https://localhost/", Code: "123456", Valid: time.Minute, At: time.Unix(0, 0).UTC(), Device: "Firefox", Address: "192.0.2.7", Place: "Zagreb",
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

package web

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func fullMail(kind MailKind, lang string) Mail {
	return Mail{
		Kind: kind, Lang: lang, App: "Acme Files", Link: "https://id.example/recovery/set?token=abc", Code: "482 913", Valid: 10 * time.Minute, Factor: "Telefon",
		Text: "Your account was locked.", At: time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC), Device: "Firefox, Windows", Address: "192.0.2.7", Place: "Zagreb",
	}
}

// TestMails: every kind, in every language, says its link and code in both parts, and leaves no place of a sentence unfilled.
func TestMails(t *testing.T) {
	r := newRenderer(t, Options{ProductName: "Jedan"})
	for _, lang := range r.locales.names {
		for kind, texts := range mailTexts() {
			m, err := r.Mail(fullMail(kind, lang))
			if err != nil {
				t.Fatal(err)
			}
			for part, text := range map[string]string{"html": m.HTML, "text": m.Text, "subject": m.Subject} {
				if strings.Contains(text, "{client}") || strings.Contains(text, "{valid}") || strings.Contains(text, "mail.") || strings.ContainsAny(m.Subject, "\r\n") {
					t.Errorf("%s %s %s: %q", lang, kind, part, text)
				}
				if part != "subject" && (strings.Contains(text, "/recovery/set?token=abc") != (texts.button != "") || strings.Contains(text, "482 913") != (texts.code != "")) {
					t.Errorf("%s %s %s: link or code is missing, or too much:\n%s", lang, kind, part, text)
				}
			}
			if strings.Contains(m.Subject, "482 913") {
				t.Errorf("%s: the subject, which mail servers log, holds the code", kind)
			}
			if dir := os.Getenv("JEDAN_MAILS"); dir != "" { // to be looked at
				name := filepath.Join(dir, lang+"-"+string(kind))
				if err := os.WriteFile(name+".html", []byte(m.HTML), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name+".txt", []byte(m.Text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestAMailIsWrittenAsItIs is the whole of one, so that a change of it is seen.
func TestAMailIsWrittenAsItIs(t *testing.T) {
	m, err := newRenderer(t, Options{}).Mail(Mail{Kind: MailMagicLink, Lang: "en-GB", Link: "https://id.example/login/link?token=abc", Code: "482913", Valid: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	const want = `Jedan-Auth

Sign in to Jedan-Auth

Open the link in the browser in which you began. It works once, within 10 minutes.

Sign in:
https://id.example/login/link?token=abc

If you began on another device, enter this code there:

    482913

Give link and code to nobody: Jedan-Auth never asks for them. If you did not want to sign in, you need not do anything.
`
	if m.Text != want {
		t.Errorf("got %s", m.Text)
	}
	for _, part := range []string{`background-color: #F5F6F8`, `font-size: 22px`, `.m-bg { background-color: #0E1116 !important; }`, `href="https://id.example/login/link?token=abc"`} {
		if !strings.Contains(m.HTML, part) {
			t.Errorf("%s is missing in %s", part, m.HTML)
		}
	}
	if strings.Contains(m.HTML, "ZgotmplZ") || strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") {
		t.Error("a value was refused by the template, or something would be fetched")
	}
}

func TestMailsOfStrangersNames(t *testing.T) {
	r := newRenderer(t, Options{})
	m, err := r.Mail(Mail{Kind: MailReset, App: "Evil\r\nBcc: all@example.org <b>x</b> {valid}", Link: "javascript:alert(1)", Lang: "xx;;;,\x00", Valid: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(m.Subject, "\r\n") || strings.Contains(m.HTML, "<b>") || strings.Contains(m.HTML+m.Text, "javascript") {
		t.Errorf("%+v", m)
	}
	if _, err := r.Mail(Mail{Kind: "nothing"}); err == nil {
		t.Error("a mail of no kind")
	}
}

func TestAThemeReplacesTheMails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "emails"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(text string) error {
		return os.WriteFile(filepath.Join(dir, "emails", "mail.txt"), []byte(text), 0o600)
	}
	if err := write("Ours: {{.Subject}}\n"); err != nil {
		t.Fatal(err)
	}
	m, err := newRenderer(t, Options{ThemeDir: dir}).Mail(Mail{Kind: MailWelcome})
	if err != nil || m.Text != "Ours: Your account at Jedan-Auth is ready\n" {
		t.Error(m.Text, err)
	}
	if err := write("{{.Nope}}"); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{ThemeDir: dir}); err == nil {
		t.Error("a mail that cannot be written is found only when it should be sent")
	}
}

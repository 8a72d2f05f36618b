package notify_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const phone = "+4915123456789"

func (w *world) text(n *notify.Notifier, to string) (bool, error) {
	return n.Text(w.Context(), notify.SMS{To: to, SMS: web.SMS{Code: "482913"}}, func(context.Context) error { return nil })
}

func TestNumbers(t *testing.T) {
	each(t, func(w *world) {
		n := w.notifier()
		for typed, want := range map[string]string{
			"+49 1512 3456789": phone, " +49-1512-3456789 ": phone, "+385 91 234 5678": "+385912345678",
			"01512 3456789": "", "+49 30 123456": "", "+49 900 1234567": "", "+1 202 555 0143": "", "+44 7700 900123": "", "+49": "", "abc": "", "+49 1512 3456789;ext=5": "",
			phone + strings.Repeat("0", 40): "",
		} {
			got, err := n.Number(typed)
			if got != want || (err == nil) != (want != "") || err != nil && len(typed) > 6 && strings.Contains(err.Error(), strings.TrimSpace(typed)) {
				w.Errorf("%s: %s, %v", typed, got, err)
			}
		}
	})
}

// TestTollFraudHasABound: per number, per prefix and per day; refused messages leave nothing.
func TestTollFraudHasABound(t *testing.T) {
	each(t, func(w *world) {
		n, sent := w.notifier(), map[string]int{}
		for i := range 40 {
			for _, to := range []string{phone, fmt.Sprintf("+4915198765%03d", i), fmt.Sprintf("+3859123456%02d", i)} {
				ok, err := w.text(n, to)
				if err != nil {
					w.Fatal(to, err)
				}
				if ok {
					sent[to[:4]]++
				}
			}
		}
		if sent["+491"] != 8 || sent["+385"] != 8 {
			w.Error(sent)
		}
		w.pass(24 * time.Hour)
		for i := range 40 {
			if ok, _ := w.text(n, fmt.Sprintf("+49%d5%07d", []int{151, 171, 176}[i%3], 1000000+i)); ok {
				sent["next"]++
			}
		}
		if sent["next"] != 20 || len(w.messages()) != 36 {
			w.Errorf("%v, %d messages", sent, len(w.messages()))
		}
	})
}

func TestNoCountryIsNoMessage(t *testing.T) {
	each(t, func(w *world) {
		w.sms.Countries = nil
		if _, err := w.text(w.notifier(), phone); !errs.Is(err, errs.Forbidden) {
			w.Error(err)
		}
		if texts, err := notify.NewTexts(w.sms, notify.TextDeps{Issuer: issuer()}); texts != nil || err != nil {
			w.Error(texts, err)
		}
	})
}

// seen is what a provider's fake got.
type seen struct{ path, auth, body string }

// provider answers as it is told, one answer after the other.
func provider(t *testing.T, answers ...func(w http.ResponseWriter)) (base string, got chan seen) {
	t.Helper()
	got = make(chan seen, 20)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method + " " + r.URL.Path, r.Header.Get("Authorization"), string(body)}
		w.Header().Set("Content-Type", "application/json")
		answers[0](w)
		if len(answers) > 1 {
			answers = answers[1:]
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func answer(status int, body string, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func (w *world) texts() *notify.Texts {
	w.Helper()
	f, err := fetch.New(fetch.Config{AllowNetworks: []string{"127.0.0.0/8"}, AllowHTTP: true}, fetch.Deps{})
	if err != nil {
		w.Fatal(err)
	}
	texts, err := notify.NewTexts(w.sms, notify.TextDeps{Pages: pages(w.T), Issuer: issuer(), Folder: w.TempDir(), Fetch: f, Now: w.now})
	if err != nil {
		w.Fatal(err)
	}
	return texts
}

// TestProviders: the documented interfaces, a quota that is used up, an error that passes, one that does not.
func TestProviders(t *testing.T) {
	quoting := ` "message": "no ` + phone + `"`
	vonage := func(status string) func(http.ResponseWriter) {
		return answer(200, `{"message-count":"1","messages":[{"status":"`+status+`","error-text":"no `+phone+`"}]}`)
	}
	for _, one := range []struct {
		name, account, path, auth, body string
		quota, passing, forgood, well   func(http.ResponseWriter)
	}{
		{"twilio", "AC1", "POST /2010-04-01/Accounts/AC1/Messages.json", "Basic QUMxOnMzY3JldA==", "To=%2B4915123456789",
			answer(429, `{"code":20429,`+quoting+`}`, "Retry-After", "600"), answer(500, `{"code":20500,`+quoting+`}`), answer(400, `{"code":21211,`+quoting+`}`), answer(201, `{"sid":"SM1","status":"queued"}`)},
		{"vonage", "key1", "POST /sms/json", "", "to=4915123456789", vonage("1"), vonage("5"), vonage("7"), vonage("0")},
		{"http", "", "POST /gate", "Bearer s3cret", `"to":"+4915123456789"`,
			answer(429, "", "Retry-After", "600"), answer(401, ""), answer(422, quoting), answer(202, "")},
	} {
		run := func(w *world, answers ...func(http.ResponseWriter)) (func() storage.OutboxMessage, chan seen) {
			base, got := provider(w.T, answers...)
			w.sms = notify.SMSConfig{Provider: one.name, Account: one.account, Secret: config.Secret("s3cret"), Sender: "Acme", URL: base, Countries: []string{"DE"}, PerPrefix: 9, PerDay: 9}
			if one.name == "http" {
				w.sms.URL += "/gate"
			}
			if ok, err := w.text(w.notifier(), phone); !ok || err != nil {
				w.Fatal(ok, err)
			}
			r, _ := w.run(notify.SMSKind, w.texts())
			made := 0
			return func() storage.OutboxMessage {
				made++
				r.Wake()
				for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
					m := w.messages()[0]
					if m.Attempts >= made && m.LeaseUntil == nil {
						return m
					}
					if time.Now().After(deadline) {
						w.Fatalf("no attempt: %+v, log %s", m, w.log.String())
					}
				}
			}, got
		}
		t.Run(one.name, func(t *testing.T) {
			each(t, func(w *world) {
				next, got := run(w, one.quota, one.passing, one.well)
				m := next()
				if wait := m.NextAt.Sub(w.now()); m.State != storage.OutboxWaiting || one.name != "vonage" && wait != 10*time.Minute {
					w.Errorf("quota: %+v", m)
				}
				w.pass(time.Hour)
				if m = next(); m.State != storage.OutboxWaiting {
					w.Errorf("an error that passes: %+v", m)
				}
				w.pass(time.Hour)
				if m = next(); m.State != storage.OutboxDelivered {
					w.Errorf("well: %+v", m)
				}
				if s := <-got; s.path != one.path || s.auth != one.auth || !strings.Contains(s.body, one.body) || !strings.Contains(s.body, "482913") {
					w.Errorf("%+v", s)
				}
				w.clean()
			})
			each(t, func(w *world) {
				next, _ := run(w, one.forgood)
				if m := next(); m.State != storage.OutboxDead || strings.Contains(m.Status, "151") {
					w.Errorf("for good: %+v", m)
				}
				w.clean()
			})
		})
	}
}

// TestWebOTP: the last line by which browsers fill in the code.
func TestWebOTP(t *testing.T) {
	got := pages(t).SMS(web.SMS{Lang: "de-AT", App: "Acme Files", Code: "482913", Host: "id.example"})
	if got != "482913 ist Ihr Code für Acme Files. Geben Sie ihn niemandem.\n\n@id.example #482913" {
		t.Error(got)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	each(t, func(w *world) {
		for name, c := range map[string]func(*notify.MailConfig){
			"sender": func(c *notify.MailConfig) { c.Sender = "a\r\nb" }, "port": func(c *notify.MailConfig) { c.Host, c.Port = "mx", 0 },
			"tls": func(c *notify.MailConfig) { c.TLS = "maybe" }, "timeout": func(c *notify.MailConfig) { c.Timeout = time.Minute },
			"both":                 func(c *notify.MailConfig) { c.Host, c.File = "mx", "x" },
			"password in the open": func(c *notify.MailConfig) { c.Host, c.Username = "mx.example", "u" },
		} {
			m := w.mail
			if c(&m); m.Validate() == nil {
				w.Errorf("mail %s: accepted", name)
			}
		}
		for name, c := range map[string]func(*notify.SMSConfig){
			"provider": func(c *notify.SMSConfig) { c.Provider = "pigeon" }, "twilio": func(c *notify.SMSConfig) { c.Provider = "twilio" },
			"http": func(c *notify.SMSConfig) { c.Provider = "http" }, "country": func(c *notify.SMSConfig) { c.Countries = []string{"de"} },
			"budget": func(c *notify.SMSConfig) { c.PerDay = 0 },
		} {
			s := w.sms
			if c(&s); s.Validate() == nil {
				w.Errorf("sms %s: accepted", name)
			}
		}
	})
}

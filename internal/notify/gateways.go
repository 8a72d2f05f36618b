package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Where the providers' interfaces are.
const (
	twilioBase = "https://api.twilio.com"
	vonageBase = "https://rest.nexmo.com"
)

func base(configured, own string) string {
	if configured == "" {
		return own
	}
	return strings.TrimSuffix(configured, "/")
}

// twilio is Twilio's Programmable Messaging: POST /2010-04-01/Accounts/{SID}/Messages.json.
type twilio struct {
	c     SMSConfig
	fetch *fetch.Client
}

func (t twilio) text(ctx context.Context, _ storage.ID, to, body string) error {
	address := base(t.c.URL, twilioBase) + "/2010-04-01/Accounts/" + url.PathEscape(t.c.Account) + "/Messages.json"
	form := url.Values{"To": {to}, "From": {t.c.Sender}, "Body": {body}}
	if strings.HasPrefix(t.c.Sender, "MG") { // a messaging service instead of a number
		form.Del("From")
		form.Set("MessagingServiceSid", t.c.Sender)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(t.c.Account+":"+t.c.Secret.Reveal()))
	r, err := t.fetch.PostForm(ctx, address, form, http.Header{"Authorization": {basic}})
	if err != nil {
		return err
	}
	return answered(r, "Twilio")
}

// vonage is Vonage's SMS API: POST /sms/json, which answers 200 and tells in the body what became of each part.
type vonage struct {
	c     SMSConfig
	fetch *fetch.Client
}

// hopeless are the statuses of Vonage's that no later attempt mends: missing or invalid parameters, an invalid message, a barred number, an illegal
// sender, a number that is not allowed.
func hopeless(status string) bool {
	return slices.Contains([]string{"2", "3", "6", "7", "15", "29", "33"}, status)
}

func (v vonage) text(ctx context.Context, _ storage.ID, to, body string) error {
	form := url.Values{
		"api_key": {v.c.Account}, "api_secret": {v.c.Secret.Reveal()}, "from": {v.c.Sender}, "to": {strings.TrimPrefix(to, "+")}, "text": {body}, "type": {"unicode"},
	}
	r, err := v.fetch.PostForm(ctx, base(v.c.URL, vonageBase)+"/sms/json", form, nil)
	if err != nil {
		return err
	}
	if err := answered(r, "Vonage"); err != nil {
		return err
	}
	var answer struct {
		Messages []struct {
			Status string `json:"status"`
		} `json:"messages"`
	}
	if json.Unmarshal(r.Body, &answer) != nil || len(answer.Messages) == 0 {
		return errs.New(errs.Unavailable, "Vonage's answer cannot be read.")
	}
	for _, m := range answer.Messages {
		if m.Status == "0" {
			continue
		}
		if hopeless(m.Status) {
			return outbox.Permanent(errs.New(errs.Unavailable, "Vonage refused the message for good (status "+short(m.Status)+")."))
		}
		return errs.New(errs.Unavailable, "Vonage did not take the message (status "+short(m.Status)+").")
	}
	return nil
}

// short keeps a status that is one.
func short(status string) string {
	if len(status) > 3 || strings.Trim(status, "0123456789") != "" {
		return "unknown"
	}
	return status
}

// plainGateway is anybody's: a POST of {"id", "to", "from", "text"} as JSON. The id is the same when a message is delivered twice.
type plainGateway struct {
	c     SMSConfig
	fetch *fetch.Client
}

func (g plainGateway) text(ctx context.Context, id storage.ID, to, body string) error {
	header := http.Header{}
	if g.c.Secret != "" {
		header.Set("Authorization", "Bearer "+g.c.Secret.Reveal())
	}
	r, err := g.fetch.PostJSON(ctx, g.c.URL, map[string]string{"id": id.String(), "to": to, "from": g.c.Sender, "text": body}, header)
	if err != nil {
		return err
	}
	return answered(r, "The SMS gateway")
}

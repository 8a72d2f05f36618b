package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// SMS is a code for a phone.
type SMS struct {
	To    string
	Path  string // path and query of the link, below the issuer; empty: no link
	Until time.Time
	web.SMS
}

// smsPayload is what the outbox keeps, sealed.
type smsPayload struct {
	To    string    `json:"to"`
	Until time.Time `json:"until,omitzero"`
	SMS   web.SMS   `json:"sms"`
}

// day is the window of budgets, which an operator pays for.
const day = 24 * time.Hour

// Text counts a text message and, if it may go, runs keep and writes it into the outbox, in one transaction. It reports false when the number has had
// enough for this hour, or a budget of the day is spent.
func (n *Notifier) Text(ctx context.Context, m SMS, keep func(ctx context.Context) error) (sent bool, err error) {
	if !n.sms.On() {
		return false, errs.New(errs.Forbidden, "Text messages are not in use here.")
	}
	p, err := n.number(m.To)
	if err != nil {
		return false, err
	}
	err = n.d.Store.InTx(ctx, func(ctx context.Context) error {
		sent = false
		ok, err := n.mayText(ctx, p)
		if err != nil || !ok {
			return err
		}
		if err := keep(ctx); err != nil {
			return err
		}
		sent = true
		if m.Path != "" {
			m.Link = n.d.Issuer + m.Path
		}
		return n.write(ctx, SMSKind, p.e164, smsPayload{To: p.e164, Until: m.Until, SMS: m.SMS})
	})
	return sent && err == nil, err
}

func (n *Notifier) mayText(ctx context.Context, p number) (bool, error) {
	for _, c := range []struct {
		key    []byte
		most   int
		long   time.Duration
		slides bool
	}{
		{n.key("sms", p.e164), perMailbox, window, true}, {n.key("sms prefix", p.prefix), n.sms.PerPrefix, day, false}, {n.key("sms all"), n.sms.PerDay, day, false},
	} {
		if ok, err := n.take(ctx, c.key, c.most, c.long, c.slides); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// gateway sends one text message. Errors say nothing of who it is for.
type gateway interface {
	text(ctx context.Context, id storage.ID, to, body string) error
}

// Texts delivers text messages; it is an outbox.Handler.
type Texts struct {
	pages Writer
	host  string
	out   gateway
	now   func() time.Time
}

// TextDeps is what NewTexts needs.
type TextDeps struct {
	Pages  Writer
	Issuer *url.URL
	Folder string // for the provider file
	Fetch  *fetch.Client
	Now    func() time.Time
}

// NewTexts makes the deliverer; nil when nobody delivers.
func NewTexts(c SMSConfig, d TextDeps) (*Texts, error) {
	if err := c.Validate(); err != nil || !c.On() {
		return nil, err
	}
	t := &Texts{pages: d.Pages, host: d.Issuer.Hostname(), now: d.Now}
	switch c.Provider {
	case providerTwilio:
		t.out = twilio{c, d.Fetch}
	case providerVonage:
		t.out = vonage{c, d.Fetch}
	case providerHTTP:
		t.out = plainGateway{c, d.Fetch}
	case providerFile:
		folder := c.File
		if folder == "" {
			folder = d.Folder
		}
		t.out = smsFolder(folder)
	}
	return t, nil
}

// Deliver implements outbox.Handler.
func (t *Texts) Deliver(ctx context.Context, o outbox.Message) error {
	var p smsPayload
	if err := json.Unmarshal(o.Payload, &p); err != nil {
		return outbox.Permanent(errs.New(errs.Internal, ""))
	}
	if !p.Until.IsZero() && !t.now().Before(p.Until) {
		return outbox.Permanent(errs.New(errs.Invalid, "Its code works no longer."))
	}
	p.SMS.Host = t.host
	return t.out.text(ctx, o.ID, p.To, t.pages.SMS(p.SMS))
}

// smsFolder is a folder into which messages are written, for development.
type smsFolder string

func (f smsFolder) text(_ context.Context, id storage.ID, to, body string) error {
	return writeFile(filepath.Clean(string(f)), id.String()+".txt", []byte("To: "+to+"\n\n"+body+"\n"))
}

// answered judges a gateway's status. Its body, which likes to quote the number, is not passed on.
func answered(r *fetch.Response, name string) error {
	err := errs.New(errs.Unavailable, name+" did not take the message (status "+strconv.Itoa(r.Status)+").")
	switch {
	case r.OK():
		return nil
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		if s, parsed := strconv.Atoi(r.Header.Get("Retry-After")); parsed == nil && s > 0 {
			return err.After(time.Duration(min(s, 3600)) * time.Second)
		}
		return err
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden, r.Status == http.StatusPaymentRequired, r.Status == http.StatusRequestTimeout:
		return err // an operator can mend that
	case r.Status >= 400 && r.Status < 500:
		return outbox.Permanent(err)
	}
	return err
}

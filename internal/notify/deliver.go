package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Writer words messages (web.Renderer).
type Writer interface {
	Mail(m web.Mail) (web.WrittenMail, error)
	SMS(m web.SMS) string
}

var _ Writer = (*web.Renderer)(nil)

// transport sends a mail that is complete. Errors say nothing of who it is for.
type transport interface {
	send(ctx context.Context, id storage.ID, m *mail.Msg) error
}

// Mails delivers mails; it is an outbox.Handler.
type Mails struct {
	pages  Writer
	out    transport
	sender string
	host   string // of the issuer, for message ids
	now    func() time.Time
}

// MailDeps is what NewMails needs.
type MailDeps struct {
	Pages  Writer
	Issuer *url.URL
	Folder string // where mails go when no server is configured
	Now    func() time.Time
}

// NewMails makes the deliverer. folder is where mails are written as files; empty: they go to a server.
func NewMails(c MailConfig, d MailDeps) (m *Mails, folder string, err error) {
	if err := c.Validate(); err != nil {
		return nil, "", err
	}
	m = &Mails{pages: d.Pages, sender: c.Sender, host: d.Issuer.Hostname(), now: d.Now}
	if m.sender == "" {
		m.sender = "no-reply@" + m.host
	}
	if c.Host != "" {
		if c.HELO == "" {
			c.HELO = m.host
		}
		m.out = &smtpTransport{c: c}
		return m, "", nil
	}
	if folder = c.File; folder == "" {
		folder = d.Folder
	}
	m.out = fileTransport{folder: folder}
	return m, folder, nil
}

// Deliver implements outbox.Handler.
func (m *Mails) Deliver(ctx context.Context, o outbox.Message) error {
	var p mailPayload
	if err := json.Unmarshal(o.Payload, &p); err != nil {
		return outbox.Permanent(errs.New(errs.Internal, "")) // the decoder's error may quote it
	}
	if !p.Until.IsZero() && !m.now().Before(p.Until) {
		return outbox.Permanent(errs.New(errs.Invalid, "Its link or code works no longer."))
	}
	written, err := m.pages.Mail(p.Mail)
	if err != nil {
		return outbox.Permanent(errs.Wrap(errs.Internal, "The mail cannot be written.", err))
	}
	msg, err := m.message(o, p.To, written)
	if err != nil {
		return outbox.Permanent(err)
	}
	return m.out.send(ctx, o.ID, msg)
}

// message puts a mail together. Addresses are parsed and headers encoded by the library; its errors would quote them.
func (m *Mails) message(o outbox.Message, to string, w web.WrittenMail) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(m.sender); err != nil {
		return nil, errs.New(errs.Invalid, "The configured sender is no address.")
	}
	if err := msg.To(to); err != nil {
		return nil, errs.New(errs.Invalid, "The recipient's address is none.")
	}
	msg.Subject(w.Subject)
	msg.SetDateWithValue(o.CreatedAt)
	msg.SetMessageIDWithValue(fmt.Sprintf("%s@%s", o.ID, m.host)) // the same when it is delivered twice
	msg.SetGenHeader("Auto-Submitted", "auto-generated")          // RFC 3834: no holiday notice answers it
	msg.SetBodyString(mail.TypeTextPlain, w.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, w.HTML)
	return msg, nil
}

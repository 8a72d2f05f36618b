package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/storage"
)

// smtpTransport hands mails to a mail server, each over a connection of its own.
type smtpTransport struct{ c MailConfig }

// Status codes that speak of this server's credentials, not of the mail: an operator can mend that.
func aboutUs(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

func (t *smtpTransport) send(ctx context.Context, _ storage.ID, m *mail.Msg) error {
	line := &connection{implicit: t.c.TLS == tlsImplicit, host: t.c.Host}
	defer line.Close() //nolint:errcheck // a mail that was taken was taken
	client, err := mail.NewClient(t.c.Host, t.options(line)...)
	if err != nil {
		return errs.New(errs.Internal, "The mail server's configuration cannot be used.")
	}
	talk, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return refusedAtTheDoor(err)
	}
	err = client.SendWithSMTPClient(talk, m)
	if err == nil || m.IsDelivered() {
		_ = client.CloseWithSMTPClient(talk) //nolint:errcheck // a farewell
		return nil
	}
	return judged(err)
}

func (t *smtpTransport) options(line *connection) []mail.Option {
	policy := map[string]mail.TLSPolicy{tlsStart: mail.TLSMandatory, tlsImplicit: mail.NoTLS, tlsNone: mail.NoTLS}[t.c.TLS]
	all := []mail.Option{
		mail.WithPort(t.c.Port), mail.WithTimeout(t.c.Timeout), mail.WithHELO(t.c.HELO), mail.WithTLSPolicy(policy), mail.WithDialContextFunc(line.dial),
		mail.WithTLSConfig(&tls.Config{ServerName: t.c.Host, MinVersion: tls.VersionTLS12}),
	}
	if t.c.TLS == tlsImplicit {
		all = append(all, mail.WithSSL())
	}
	if t.c.Username != "" {
		all = append(all, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(t.c.Username), mail.WithPassword(t.c.Password.Reveal()))
		if t.c.TLS == tlsNone {
			all = append(all, mail.WithSMTPAuth(mail.SMTPAuthPlainNoEnc))
		}
	}
	return all
}

// refusedAtTheDoor is an error before the mail was named: always worth another attempt. What a server says may quote our name there; it is left out.
func refusedAtTheDoor(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return errs.Wrap(errs.Unavailable, "The mail server does not answer.", op.Err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errs.Wrap(errs.Unavailable, "The mail server does not answer.", context.DeadlineExceeded)
	}
	return errs.New(errs.Unavailable, "The mail server does not let this server in: see tls, username and password.")
}

// judged says whether another attempt can help. A server's sentence, which likes to quote the recipient, is left out.
func judged(err error) error {
	e, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		return errs.New(errs.Unavailable, "The mail server did not take the mail.")
	}
	code := e.ErrorCode()
	out := errs.New(errs.Unavailable, fmt.Sprintf("The mail server did not take the mail (%d).", code))
	if code == 0 {
		return errs.New(errs.Unavailable, "The connection to the mail server ended too soon.")
	}
	final := e.Reason == mail.ErrSMTPRcptTo || e.Reason == mail.ErrSMTPData || e.Reason == mail.ErrSMTPDataClose
	if final && code >= 500 && !e.IsTemp() && !aboutUs(code) {
		return outbox.Permanent(out)
	}
	return out
}

// connection is one that ends when its delivery must, whatever the library makes of deadlines.
type connection struct {
	net.Conn
	implicit bool
	host     string
	until    time.Time
}

func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.Conn, c.until = raw, time.Now().Add(deliverWithin)
	if err := raw.SetDeadline(c.until); err != nil || !c.implicit {
		return c, err
	}
	return tls.Client(c, &tls.Config{ServerName: c.host, MinVersion: tls.VersionTLS12}), nil
}

// deliverWithin bounds a delivery, well within the outbox's lease.
const deliverWithin = 18 * time.Second

// SetDeadline implements net.Conn.
func (c *connection) SetDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetDeadline(t)
}

// Close implements net.Conn.
func (c *connection) Close() error {
	if c.Conn == nil {
		return nil
	}
	return c.Conn.Close()
}

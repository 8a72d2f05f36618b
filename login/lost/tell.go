package lost

import (
	"bytes"
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/useragent"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const batch = 100

// Tick tells of recoveries again whose time has come, and mails the link of those that are ready. It is safe to repeat, on any node: each step is one
// conditional statement in the transaction of its messages.
func (m *Module) Tick(ctx context.Context) error {
	if !m.c.On() {
		return nil
	}
	due, err := m.d.Store.DueRecoveries(ctx, m.d.Tenant, m.d.Now(), batch)
	if err != nil {
		return err
	}
	var all []error
	for i := range due {
		all = append(all, m.step(ctx, &due[i]))
	}
	return errors.Join(all...)
}

func (m *Module) step(ctx context.Context, r *storage.Recovery) error {
	a, err := m.subject(ctx, r)
	if errs.Is(err, errs.NotFound) {
		err = m.end(ctx, r, storage.RecoveryVoid, audit.Event{Reason: "account_changed"})
		if errs.Is(err, errs.NotFound) { // ended meanwhile
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	return m.d.Store.InTx(ctx, func(ctx context.Context) error {
		told, err := m.d.Store.RemindRecovery(ctx, r.Tenant, r.ID, m.d.Now(), nil)
		if err != nil {
			return err
		}
		if told {
			if err := m.tell(ctx, r, web.MailLostReminder); err != nil {
				return err
			}
		}
		ev := m.event(ctx, r.Person, audit.Event{Type: audit.RecoveryReady, Severity: audit.Warning})
		opened, err := m.d.Store.OpenRecovery(ctx, r.Tenant, r.ID, m.d.Now(), ev)
		if err != nil || !opened {
			return err
		}
		return m.sendSet(ctx, r, a)
	})
}

// subject is the account that a recovery is about; errs.NotFound when it is not what it was.
func (m *Module) subject(ctx context.Context, r *storage.Recovery) (account, error) {
	p, err := m.d.People.PersonByID(ctx, m.d.Tenant, r.Person)
	if err != nil {
		return account{}, err
	}
	a, err := m.account(p, p.ID.String())
	if err == nil && (!a.known || !bytes.Equal(p.EmailHash, r.EmailHash)) {
		return account{}, errEnded
	}
	return a, err
}

// tell writes to every channel of the account, with a link that cancels.
func (m *Module) tell(ctx context.Context, r *storage.Recovery, kind web.MailKind) error {
	a, err := m.subject(ctx, r)
	if err != nil {
		return err
	}
	if err := m.mail(ctx, r, a, kind); err != nil {
		return err
	}
	return m.text(ctx, r, a)
}

func (m *Module) mail(ctx context.Context, r *storage.Recovery, a account, kind web.MailKind) error {
	mail := web.Mail{Kind: kind, Lang: a.lang, Ready: r.ReadyAt}
	if ip, agent := httpx.ContextClient(ctx); ip.IsValid() { // a browser has just begun it
		mail.At, mail.Address = m.d.Now(), ip.String()
		mail.Device, _ = useragent.Parse(agent)
	}
	return m.d.Notify.Send(ctx, notify.Mail{To: a.to, Path: with(cancelPath, m.cancelToken(r)), Until: r.ExpiresAt, Mail: mail})
}

// text tells the proved phone, where text messages are in use. A number to which none goes keeps nothing from happening: the mailbox was told.
func (m *Module) text(ctx context.Context, r *storage.Recovery, a account) error {
	own, err := m.d.Directory.Claims(a.person)
	if err != nil || !m.d.Texts || own.String("phone_number") == "" || !own.Bool("phone_number_verified") {
		return err
	}
	_, err = m.d.Notify.Text(ctx, notify.SMS{
		To: own.String("phone_number"), Path: with(cancelPath, m.cancelToken(r)), Until: r.ExpiresAt, SMS: web.SMS{Lang: a.lang, Ready: r.ReadyAt},
	}, func(context.Context) error { return nil })
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Forbidden) {
		return nil
	}
	return err
}

// sendSet mails the link at the end of the wait. An earlier one ends.
func (m *Module) sendSet(ctx context.Context, r *storage.Recovery, a account) error {
	link, err := m.d.Codes.Issue(ctx, onetime.Order{
		Purpose: purposeSet, Person: r.Person, Flow: r.ID, Channel: notify.MailKind, Bound: onetime.Bound(a.person), Life: m.c.Link, Link: true,
	})
	if err != nil {
		return err
	}
	return m.d.Notify.Send(ctx, notify.Mail{
		To: a.to, Path: with(setPath, link.Token), Until: link.Until, Mail: web.Mail{Kind: web.MailLostReady, Lang: a.lang, Valid: m.c.Link},
	})
}

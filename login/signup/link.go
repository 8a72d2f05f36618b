package signup

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Purposes of the links: one that was asked for counts only as long as people may ask.
const (
	purposeAsked   = "signup"
	purposeInvited = "invitation"
	lifetime       = time.Hour
)

// kept is what a link is good for. It is sealed, and nothing of it comes back from a browser.
type kept struct {
	Email string `json:"email"`
	Lang  string `json:"lang"`
	Flow  string `json:"flow,omitempty"` // the sealed sign-in that it began in
}

// issue mails a link. The account that it will make has its id from now on, so that whatever is kept of the link goes with the account.
func (d *Inviting) issue(ctx context.Context, kind web.MailKind, purpose string, k kept, life time.Duration) error {
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	link, err := d.Codes.Issue(ctx, onetime.Order{
		Purpose: purpose, Person: storage.NewID(d.Now()), Channel: notify.MailKind, Bound: []byte(k.Email), Data: data, Life: life, Link: true,
	})
	if err != nil {
		return err
	}
	return d.Notify.Send(ctx, notify.Mail{
		To: k.Email, Path: finishPath + "?" + url.Values{"token": {link.Token}}.Encode(), Until: link.Until, Mail: web.Mail{Kind: kind, Lang: k.Lang, Valid: life},
	})
}

// Invite mails an invitation to an address. errs.Conflict when somebody has it; errs.Throttled when the mailbox has had enough of them.
func Invite(ctx context.Context, c Config, d Inviting, email, lang string, by directory.Actor) error {
	if !c.On() {
		return errs.New(errs.Forbidden, "Sign-up is off (login.signup.mode): nobody could accept an invitation.")
	}
	if _, err := directory.CanonicalEmail(email); err != nil {
		return err
	}
	switch _, err := d.Directory.ByIdentifier(ctx, d.Tenant, email); {
	case err == nil:
		return errs.New(errs.Conflict, "Somebody has this mail address already.")
	case !errs.Is(err, errs.NotFound):
		return err
	}
	sent, err := d.Notify.Request(ctx, notify.Request{Kind: web.MailInvitation, To: email, Known: true}, func(ctx context.Context) error {
		ev := d.Audit.Row(ctx, d.Tenant, audit.Event{Type: audit.UserInvite, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID})
		if err := d.Events.AppendAudit(ctx, ev); err != nil {
			return err
		}
		return d.issue(ctx, web.MailInvitation, purposeInvited, kept{Email: email, Lang: lang}, c.invitation())
	})
	if err == nil && !sent {
		err = errs.New(errs.Throttled, "This mailbox has had as many invitations as it may within an hour.")
	}
	return err
}

package app

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/useragent"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Notices are the mails by which people hear what happened to their account: the table of events and mails. Each is written in the transaction of its
// event, whoever made it, also on the command line: none is lost when the process dies, and none is sent for a change that was taken back.
// A changed mail address is told by the change itself (account/contact): the event no longer knows the old one.
func notices() map[string]web.MailKind {
	return map[string]web.MailKind{
		audit.UserLogin:          web.MailNewDevice, // where the browser, or the country, is new
		audit.UserPasswordChange: web.MailPasswordChanged,
		audit.UserRecovery:       web.MailRecoveryUsed,
		audit.FactorCreate:       web.MailFactorAdded,
		audit.FactorDelete:       web.MailFactorRemoved,
		audit.PasskeyAdd:         web.MailFactorAdded,
		audit.PasskeyRemove:      web.MailFactorRemoved,
		audit.BrowserTrust:       web.MailBrowserTrusted,
		audit.BackupCodesCreate:  web.MailBackupCodes,
		audit.BackupCodesUse:     web.MailBackupUsed,
		audit.UserMFAReset:       web.MailFactorsReset,
		audit.RecoveryCancel:     web.MailLostCancelled,
		audit.RecoveryUse:        web.MailLostUsed,
		audit.RecoveryLink:       web.MailHelpLink,
		audit.RecoveryLinkUse:    web.MailHelpUsed,
	}
}

// announcer writes notices.
type announcer struct {
	*App
	table   map[string]web.MailKind
	country func(netip.Addr) string         // ISO 3166-1 code; "": not known
	words   func(netip.Addr, string) string // where an address is, in a language; "": not known
}

func (a *App) openNotices(context.Context) error {
	a.announcer = &announcer{App: a, table: notices(), country: func(netip.Addr) string { return "" }, words: func(netip.Addr, string) string { return "" }}
	a.DB.Watch(a.announcer.watch)
	return nil
}

// watch implements gormdb.Watcher.
func (a *announcer) watch(ctx context.Context, row *storage.AuditEvent) error {
	if err := a.foundAgain(ctx, row); err != nil {
		return err
	}
	kind, ok := a.table[row.Type]
	if !ok || row.Outcome != audit.Success {
		return nil
	}
	e, err := a.Audit.Open(*row)
	if err != nil {
		return err
	}
	if e.Type == audit.UserLogin {
		if kind, err = a.arrival(ctx, e); err != nil || kind == "" {
			return err
		}
	}
	return a.tell(ctx, kind, e)
}

// tell writes the mail, where the person has an address.
func (a *announcer) tell(ctx context.Context, kind web.MailKind, e audit.Event) error {
	p, err := a.DB.PersonByID(ctx, a.Tenant, whose(e))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	own, err := a.Directory.Claims(p)
	if err != nil || own.String("email") == "" {
		return err
	}
	m := web.Mail{Kind: kind, Lang: own.String("locale"), At: e.Time, What: what(e)}
	if e.ActorKind == audit.Person { // an operator's device is not theirs
		m.Device, m.Place = device(e.Device), a.words(e.IP, m.Lang)
		if e.IP.IsValid() {
			m.Address = e.IP.String()
		}
	}
	err = a.Notify.Tell(ctx, notify.Mail{To: own.String("email"), Path: "/account", Mail: m})
	if errs.Is(err, errs.Invalid) { // an address that no mail reaches keeps no change from being made
		return nil
	}
	return err
}

// whose account an event is about; zero: nobody's.
func whose(e audit.Event) storage.ID {
	text, found := strings.CutPrefix(e.Target, "person:")
	if !found && e.ActorKind == audit.Person {
		text = e.Actor
	}
	id, err := storage.ParseID(text)
	if err != nil {
		return storage.ID{}
	}
	return id
}

// what was added or removed, as the mail's catalogue knows it.
func what(e audit.Event) string {
	if e.Type == audit.PasskeyAdd || e.Type == audit.PasskeyRemove {
		return "passkey"
	}
	kind, _ := e.Data["kind"].(string)
	return kind
}

func device(agent string) string {
	browser, system := useragent.Parse(agent)
	return strings.Trim(browser+", "+system, ", ")
}

// recent is how many sign-ins are looked at to tell a new country.
const recent = 20

// arrival is the notice that a sign-in deserves, "" for none: one in a browser that did not know the person, or from a country where they were not lately.
// An account that is just being made, and a session that is only renewed, deserve none.
func (a *announcer) arrival(ctx context.Context, e audit.Event) (web.MailKind, error) {
	kind, _ := e.Data["kind"].(string)
	renewed, _ := e.Data["replaced"].(bool)
	if renewed || slices.Contains([]string{"setup", "signup", "invitation"}, kind) {
		return "", nil
	}
	if known, _ := e.Data["known"].(bool); !known {
		return web.MailNewDevice, nil
	}
	here := a.country(e.IP)
	if here == "" {
		return "", nil
	}
	rows, err := a.DB.AuditEvents(ctx, a.Tenant, storage.AuditFilter{Type: audit.UserLogin, Actor: e.Actor, Newest: true, Limit: recent + 1})
	if err != nil {
		return "", err
	}
	elsewhere := false
	for _, row := range rows {
		before, err := a.Audit.Open(row)
		if err != nil {
			return "", err
		}
		there := a.country(before.IP)
		if before.ID == e.ID || there == "" {
			continue
		}
		if there == here {
			return "", nil
		}
		elsewhere = true
	}
	if !elsewhere {
		return "", nil
	}
	return web.MailNewCountry, nil
}

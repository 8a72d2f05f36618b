package modules

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// subjects are those of the mails to an address, the oldest first.
func (w *world) subjects(email string) []string {
	w.t.Helper()
	var out []string
	for _, m := range w.Mails(email) {
		out = append(out, m.Subject)
	}
	return out
}

// TestNotices: a person hears, in their language, what happened to their account, once for each change.
func TestNotices(t *testing.T) {
	w := alone(t, cheap, free, sentCodes)
	ctx := context.Background()
	b := w.Browser()
	seen := 0
	told := func(what string, want ...string) {
		t.Helper()
		all := w.subjects(w.email)
		if got := all[seen:]; !slices.Equal(got, want) {
			t.Errorf("%s: told %q, want %q", what, got, want)
		}
		seen = len(all)
	}
	w.in(guess(b, w.email, testkit.Password))
	told("a new browser", "Neue Anmeldung in Ihrem Konto")
	if m := w.Mail(w.email); !strings.Contains(m.Text, "Netzwerkadresse: 127.0.0.1") || !strings.Contains(m.HTML, "127.0.0.1<") || !strings.Contains(m.Link(), "/account") {
		t.Errorf("the mail says not from where: %s", m.Text)
	}
	w.in(guess(b, w.email, testkit.Password))
	told("the same browser")
	phone := b.AddApp()
	told("an app", "Ein neuer Nachweis, dass Sie es sind")
	if m := w.Mail(w.email); !strings.Contains(m.Text, "Authenticator-App") {
		t.Errorf("not said what: %s", m.Text)
	}
	codes := b.BackupCodes()
	told("backup codes", "Neue Ersatzcodes")
	w.in(b.Half(w.email).Factor("backup", codes[0]))
	told("a backup code", "Ein Ersatzcode wurde benutzt")
	w.denied(w.Browser().Half(w.email).Factor("backup", codes[0]))
	told("a refused code")
	w.in(w.Browser().Half(w.email).Factor("totp", phone.Next()))
	told("another browser", "Neue Anmeldung in Ihrem Konto")
	page := b.Get("/account/security")
	_, form := page.Form("action", "remove", "factor", w.factors()[0].ID.String())
	b.Post("/account/security", form)
	told("an app that was removed", "Ein Nachweis, dass Sie es sind, wurde entfernt")
	operator := testkit.Operator()
	w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, w.person.ID, w.person.PasswordHash, storage.ID{}, operator))
	told("a password", "Ihr Passwort wurde geändert")
	if m := w.Mail(w.email); strings.Contains(m.Text, "Netzwerkadresse") {
		t.Error("an operator's address is told")
	}
	forgot(w.Browser(), w.email)
	w.reset(w.Mail(w.email).Link())
	all := w.subjects(w.email)
	if got := all[len(all)-2:]; !slices.Equal(got, []string{"Ihr Konto wurde wiederhergestellt", "Ihr Passwort wurde geändert"}) {
		t.Errorf("a recovery: %q", got)
	}
	if strings.Contains(w.Log.String(), w.email) {
		t.Error("the log names the address")
	}
}

// TestNoticesStandOrFallWithTheChange: none without its change, and none that its change could lose.
func TestNoticesStandOrFallWithTheChange(t *testing.T) {
	w := alone(t, cheap)
	ctx := context.Background()
	before := len(w.subjects(w.email))
	row := func() *storage.AuditEvent {
		return w.App.Audit.Row(ctx, w.App.Tenant, audit.Event{Type: audit.UserMFAReset, ActorKind: audit.Operator, Target: "person:" + w.person.ID.String()})
	}
	err := w.App.DB.InTx(ctx, func(ctx context.Context) error {
		if err := w.App.DB.ResetFactors(ctx, w.App.Tenant, w.person.ID, row()); err != nil {
			return err
		}
		return context.Canceled
	})
	if err == nil || len(w.subjects(w.email)) != before {
		t.Errorf("told of a change that was taken back: %v", err)
	}
	w.must(w.App.DB.ResetFactors(ctx, w.App.Tenant, w.person.ID, row()))
	var waiting int // written with the change itself, before anybody delivers it
	w.must(w.App.DB.SQL().QueryRow("SELECT count(*) FROM outbox WHERE kind = 'mail'").Scan(&waiting))
	if waiting != before+1 {
		t.Errorf("%d messages", waiting)
	}
	if all := w.subjects(w.email); len(all) != before+1 || all[before] != "Ihre zweiten Schritte wurden entfernt" {
		t.Errorf("%q", all)
	}
	// At most twenty an hour: a flood of changes is no flood of mails.
	for range 30 {
		w.must(w.App.DB.ResetFactors(ctx, w.App.Tenant, w.person.ID, row()))
	}
	if n := len(w.subjects(w.email)); n > before+20 {
		t.Errorf("%d mails", n)
	}
	// Whoever has no address is told nothing, and the change is made.
	nobody, err := w.App.Directory.Create(ctx, w.App.Tenant, directory.NewPerson{Claims: directory.Claims{"username": "nomail"}}, testkit.Operator())
	w.must(err)
	w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, nobody.ID, "", storage.ID{}, testkit.Operator()))
}

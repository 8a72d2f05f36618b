package modules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

func TestMF06_BackupCodes(t *testing.T) {
	w, _, b := secured(t)
	codes := b.BackupCodes()
	if len(codes) != 10 {
		t.Fatalf("%d codes", len(codes))
	}
	half := func() *testkit.Page { return w.Browser().Half(w.email) }
	w.in(half().Factor("backup", codes[0]))
	for _, again := range []string{codes[0], strings.ToUpper(codes[0]), strings.ReplaceAll(codes[0], "-", " ")} {
		w.row("mfa.code", func() { w.denied(half().Factor("backup", again)) })
	}
	w.in(half().Factor("backup", strings.ToUpper(strings.ReplaceAll(codes[1], "-", " "))))
	if evs := w.factorEvents("backup_codes.use"); len(evs) != 2 {
		t.Errorf("events %+v", evs)
	}
	if p := b.Get("/account/security"); !strings.Contains(p.Body, "8 codes of 10 are left") || p.HasID("codes-few") {
		t.Errorf("not counted: %.800s", p.Body)
	}
	// Somebody else's code is no code.
	email, _ := w.somebody()
	other := w.Browser()
	w.in(guess(other, email, testkit.Password))
	other.AddApp()
	theirs := other.BackupCodes()
	w.denied(half().Factor("backup", theirs[0]))
	// A new set ends the old one.
	fresh := b.BackupCodes()
	w.denied(half().Factor("backup", codes[2]))
	for _, code := range fresh[:8] {
		w.in(half().Factor("backup", code))
	}
	if p := b.Get("/account/security"); !p.HasID("codes-few") {
		t.Errorf("no warning that few are left: %.800s", p.Body)
	}
	if strings.Contains(w.Log.String(), fresh[0]) {
		t.Error("a code is in the log")
	}
}

func TestMF06_BackupCodesAreHashed(t *testing.T) {
	w, _, b := secured(t)
	codes := b.BackupCodes()
	rows, err := w.App.DB.BackupCodesOf(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	for _, row := range rows {
		for _, code := range codes {
			if s := string(row.Hash); strings.Contains(s, code) || strings.Contains(s, strings.ReplaceAll(code, "-", "")) || len(s) != 32 {
				t.Fatalf("stored as %q", row.Hash)
			}
		}
	}
}

func TestMF06_BackupCodesAtOnce(t *testing.T) {
	w, _, b := secured(t, func(c *app.Config) { c.Login.Second.Free = 10 })
	code := b.BackupCodes()[0]
	pages := make([]*testkit.Page, 10)
	for i := range pages {
		pages[i] = w.Browser().Half(w.email)
	}
	if in := atOnce(len(pages), func(i int) *testkit.Page { return pages[i].Factor("backup", code) }); in != 1 {
		t.Errorf("%d of %d at once were signed in with one code", in, len(pages))
	}
}

func TestMF06_BackupCodesGuessing(t *testing.T) {
	w, phone, b := secured(t)
	code := b.BackupCodes()[0]
	refused := 0
	for i := range 100 {
		p := w.Browser().Half(w.email).Factor("backup", fmt.Sprintf("aaaaa-%05d", i))
		if p.Status == 403 {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d guesses were judged", refused)
	}
	w.locked(w.Browser().Half(w.email).Factor("backup", code))
	w.in(w.Browser().Half(w.email).Factor("totp", phone.Next())) // the app is not locked with them
	w.Clock.Advance(time.Hour)
	w.in(w.Browser().Half(w.email).Factor("backup", code))
}

// Backup codes stand in for a factor; without one they are none.
func TestMF06_BackupCodesAlone(t *testing.T) {
	w, _, b := secured(t)
	code := b.BackupCodes()[0]
	page := b.Get("/account/security")
	if p := page.Submit("action", "remove"); p.Query("done") != "removed" {
		t.Fatalf("not removed: %d on %s", p.Status, p.URL)
	}
	fresh := w.Browser()
	w.in(guess(fresh, w.email, testkit.Password))
	if p := fresh.Get("/account/security").Submit("action", "codes"); strings.Contains(p.Body, "backup-codes") {
		t.Error("codes without a factor")
	}
	if len(w.factorEvents("factor.delete")) != 1 || len(w.factorEvents("factor.create")) != 1 {
		t.Error("adding and removing left no events")
	}
	_ = code
}

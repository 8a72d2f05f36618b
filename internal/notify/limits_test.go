package notify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/web"
)

func (w *world) ask(n *notify.Notifier, to string, known bool) bool {
	w.Helper()
	sent, err := n.Request(w.Context(), notify.Request{Kind: web.MailReset, To: to, Known: known}, func(ctx context.Context) error {
		m := reset()
		m.To = to
		return n.Send(ctx, m)
	})
	if err != nil {
		w.Fatal(err)
	}
	return sent
}

// TestPW20_FiveMailsAnHourForOneMailbox, however it is written.
func TestPW20_FiveMailsAnHourForOneMailbox(t *testing.T) {
	each(t, func(w *world) {
		n, sent := w.notifier(), 0
		for i := range 60 {
			if w.ask(n, []string{"maria@example.org", "MARIA@example.org", fmt.Sprintf("maria+%d@EXAMPLE.org", i)}[i%3], true) {
				sent++
			}
			w.pass(time.Minute)
		}
		if sent != 5 || len(w.messages()) != 5 {
			w.Errorf("%d sent, %d messages", sent, len(w.messages()))
		}
		if !w.ask(n, "other@example.org", true) {
			w.Error("another mailbox waits for this one")
		}
		w.pass(time.Hour)
		if !w.ask(n, "maria@example.org", true) {
			w.Error("nothing goes after an hour")
		}
	})
}

func TestPW20_ACapOnAllMails(t *testing.T) {
	each(t, func(w *world) {
		w.mail.PerHour = 7
		n, sent := w.notifier(), 0
		for i := range 30 {
			if w.ask(n, fmt.Sprintf("a%d@example.org", i), true) {
				sent++
			}
		}
		if sent != 7 {
			w.Error(sent)
		}
	})
}

// TestDS06_AddressesThatNobodyHasFillNothing: neither the outbox nor, beyond a bound, the counts, and they use up nothing of the cap.
func TestDS06_AddressesThatNobodyHasFillNothing(t *testing.T) {
	each(t, func(w *world) {
		w.mail.PerHour = 7
		n := w.notifier()
		for i := range 300 {
			if w.ask(n, fmt.Sprintf("nobody%d@example.org", i), false) {
				w.Fatal("a mail to nobody")
			}
		}
		if len(w.messages()) != 0 {
			w.Error("messages to nobody are kept")
		}
		if !w.ask(n, "maria@example.org", true) {
			w.Error("nobodies use up what is for people")
		}
		var rows int
		if err := w.db.SQL().QueryRow("SELECT COUNT(*) FROM allowances").Scan(&rows); err != nil || rows > 4096+3 || rows < 100 {
			w.Error(rows, err)
		}
	})
}

func TestARequestThatFailsCountsNothing(t *testing.T) {
	each(t, func(w *world) {
		n, boom := w.notifier(), errors.New("boom")
		for _, known := range []bool{true, false} {
			for range 9 {
				sent, err := n.Request(w.Context(), notify.Request{Kind: web.MailReset, To: "maria@example.org", Known: known}, func(context.Context) error { return boom })
				if sent || !errors.Is(err, boom) {
					w.Fatal(sent, err)
				}
			}
		}
		if !w.ask(n, "maria@example.org", true) {
			w.Error("what failed was counted")
		}
	})
}

func TestAddressesThatAreNone(t *testing.T) {
	each(t, func(w *world) {
		n := w.notifier()
		for _, to := range []string{"", "maria", "a@b\r\nBcc: c@d", "maria@example.org, eve@example.org", "Maria <maria@example.org>", "\"a b\"@example.org", "a@b>\r\nX: y", strings.Repeat("a", 300) + "@example.org"} {
			if err := n.Send(w.Context(), notify.Mail{To: to, Mail: web.Mail{Kind: web.MailWelcome}}); !errs.Is(err, errs.Invalid) || to != "" && strings.Contains(err.Error(), to) {
				w.Errorf("%q: %v", to, err)
			}
		}
		if len(w.messages()) != 0 {
			w.Error("something was written")
		}
	})
}

func TestNoticesHaveABound(t *testing.T) {
	each(t, func(w *world) {
		n := w.notifier()
		for range 40 {
			if err := n.Tell(w.Context(), notify.Mail{To: "maria@example.org", Mail: web.Mail{Kind: web.MailNewDevice}}); err != nil {
				w.Fatal(err)
			}
		}
		if got := len(w.messages()); got != 20 {
			w.Error(got)
		}
	})
}

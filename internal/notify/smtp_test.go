package notify_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const victim = "maria.canary@example.org"

// smtpServer is a mail server (RFC 5321) that answers as it is told.
type smtpServer struct {
	l     net.Listener
	mu    sync.Mutex
	modes []string // of the connections to come; the last one stays
	mails []string
	conns []net.Conn
}

func serveSMTP(t *testing.T, modes ...string) *smtpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smtpServer{l: l, modes: modes}
	t.Cleanup(func() {
		_ = l.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.conns {
			_ = c.Close()
		}
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			mode := s.modes[0]
			if len(s.modes) > 1 {
				s.modes = s.modes[1:]
			}
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			go s.talk(c, mode)
		}
	}()
	return s
}

func (s *smtpServer) port() int { return s.l.Addr().(*net.TCPAddr).Port }

func (s *smtpServer) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

// talk answers one connection. Refusals quote the recipient, as servers do.
func (s *smtpServer) talk(c net.Conn, mode string) {
	if mode == "hang" {
		return // accepted, and silent
	}
	defer c.Close() //nolint:errcheck // a test
	say := func(line string) { _, _ = c.Write([]byte(line + "\r\n")) }
	say("220 mx.test ESMTP")
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil || mode == "drop" {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		if verb == "HELO" { // tried when EHLO is refused
			verb = "EHLO"
		}
		switch refused := strings.HasPrefix(mode, verb+" "); {
		case refused:
			say(strings.TrimPrefix(mode, verb+" ") + " <" + victim + "> no")
		case verb == "EHLO":
			say("250 mx.test")
		case verb == "DATA":
			say("354 go on")
			var body strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				body.WriteString(line)
			}
			if code, ok := strings.CutPrefix(mode, "END "); ok {
				say(code + " <" + victim + "> no")
				continue
			}
			s.mu.Lock()
			s.mails = append(s.mails, body.String())
			s.mu.Unlock()
			if mode == "vanish" {
				return // taken, and gone before it says so
			}
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func reset() notify.Mail {
	return notify.Mail{To: victim, Path: "/recovery/set?token=tok-canary", Mail: web.Mail{Kind: web.MailReset, Lang: "en", Valid: time.Hour}}
}

// TestAMailServerThatFailsLosesNothing: it hangs, drops, and has no room; the mail arrives once it is well again.
func TestAMailServerThatFailsLosesNothing(t *testing.T) {
	each(t, func(w *world) {
		s := serveSMTP(w.T, "drop", "RCPT 451", "MAIL 550", "EHLO 535", "END 452", "hang", "well")
		w.mail.Host, w.mail.Port, w.mail.Timeout = "127.0.0.1", s.port(), 300*time.Millisecond
		if err := w.notifier().Send(w.Context(), reset()); err != nil {
			w.Fatal(err)
		}
		r, stop := w.run(notify.MailKind, w.mails(""))
		for attempt := 1; attempt <= 6; attempt++ {
			r.Wake()
			if m := w.until(storage.OutboxWaiting, attempt); strings.Contains(m.Status, "canary") {
				w.Errorf("the status names the recipient: %s", m.Status)
			}
			w.pass(time.Hour)
		}
		r.Wake()
		m := w.until(storage.OutboxDelivered, 7)
		stop()
		if got := s.received(); len(got) != 1 || !strings.Contains(got[0], "To: <"+victim+">") || !strings.Contains(got[0], "Message-ID: <"+m.ID.String()+"@id.example>") {
			w.Errorf("the server has %q", got)
		}
		w.clean()
	})
}

// TestAMailThatIsRefusedForGoodIsNotRepeated.
func TestAMailThatIsRefusedForGoodIsNotRepeated(t *testing.T) {
	for _, mode := range []string{"RCPT 550", "DATA 554", "END 550"} {
		each(t, func(w *world) {
			s := serveSMTP(w.T, mode)
			w.mail.Host, w.mail.Port = "127.0.0.1", s.port()
			if err := w.notifier().Send(w.Context(), reset()); err != nil {
				w.Fatal(err)
			}
			r, stop := w.run(notify.MailKind, w.mails(""))
			r.Wake()
			m := w.until(storage.OutboxDead, 1)
			stop()
			if !strings.Contains(m.Status, strings.Fields(mode)[1]) {
				w.Errorf("%s: %s", mode, m.Status)
			}
			w.clean()
		})
	}
}

// TestAMailThatWasTakenMayComeTwiceUnderOneID: the server went away before it said so.
func TestAMailThatWasTakenMayComeTwiceUnderOneID(t *testing.T) {
	each(t, func(w *world) {
		s := serveSMTP(w.T, "vanish", "well")
		w.mail.Host, w.mail.Port = "127.0.0.1", s.port()
		if err := w.notifier().Send(w.Context(), reset()); err != nil {
			w.Fatal(err)
		}
		r, stop := w.run(notify.MailKind, w.mails(""))
		r.Wake()
		w.until(storage.OutboxWaiting, 1)
		w.pass(time.Minute)
		r.Wake()
		w.until(storage.OutboxDelivered, 2)
		stop()
		got := s.received()
		if len(got) != 2 || id(got[0]) == "" || id(got[0]) != id(got[1]) {
			w.Errorf("%q", got)
		}
	})
}

func id(mail string) string {
	for line := range strings.Lines(mail) {
		if v, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			return v
		}
	}
	return ""
}

// TestWhatIsTooLateIsNotSent: a link that has ended helps nobody.
func TestWhatIsTooLateIsNotSent(t *testing.T) {
	each(t, func(w *world) {
		m := reset()
		m.Until = w.now().Add(time.Hour)
		if err := w.notifier().Send(w.Context(), m); err != nil {
			w.Fatal(err)
		}
		w.pass(time.Hour)
		dir := w.TempDir()
		r, stop := w.run(notify.MailKind, w.mails(dir))
		r.Wake()
		w.until(storage.OutboxDead, 1)
		stop()
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 0 {
			w.Error(files)
		}
	})
}

// TestMailsAsFiles, the default; nobody else may read them.
func TestMailsAsFiles(t *testing.T) {
	each(t, func(w *world) {
		if err := w.notifier().Send(w.Context(), reset()); err != nil {
			w.Fatal(err)
		}
		dir := filepath.Join(w.TempDir(), "mail")
		r, stop := w.run(notify.MailKind, w.mails(dir))
		r.Wake()
		m := w.until(storage.OutboxDelivered, 1)
		stop()
		name := filepath.Join(dir, m.ID.String()+".eml")
		data, err := os.ReadFile(name)
		if err != nil {
			w.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			w.Error(info, err)
		}
		for _, part := range []string{"https://id.example/x/recovery/set?token=3Dtok-canary", "text/plain", "text/html", "From: \"Acme\" <no-reply@acme.example>", "Auto-Submitted: auto-generated"} {
			if !strings.Contains(string(data), part) {
				w.Errorf("%s is missing in %s", part, data)
			}
		}
		w.clean()
	})
}

// clean finds personal data where it must not be: in the log, and in the open columns of the outbox.
func (w *world) clean() {
	w.Helper()
	text := w.log.String()
	for _, m := range w.messages() {
		text += m.Target + m.Status + m.Kind
	}
	for _, secret := range []string{"canary", "maria", "example.org", "49151"} {
		if strings.Contains(text, secret) {
			w.Errorf("%s stands in the open: %s", secret, text)
		}
	}
	var n int
	if err := w.db.SQL().QueryRowContext(context.Background(), "SELECT COUNT(*) FROM outbox WHERE target = ''").Scan(&n); err != nil || n != 0 {
		w.Error("messages of one recipient keep no order", n, err)
	}
}

package notify_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"log/slog"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
	"github.com/jedan-auth/jedan-auth/web"
)

func tenant() storage.ID { return storage.ID{1} }

type ring struct{ key *seal.Key }

func (r ring) Seal(at seal.Location, plaintext []byte) seal.Text       { return r.key.Seal(at, plaintext) }
func (r ring) Open(at seal.Location, sealed seal.Text) ([]byte, error) { return r.key.Open(at, sealed) }
func (r ring) FirstMAC(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, []byte(purpose))
	for _, p := range parts {
		_, _ = h.Write(append([]byte{byte(len(p))}, p...)) // a hash never fails
	}
	return h.Sum(nil)
}

// world is one database, a clock and what was logged.
type world struct {
	*testing.T
	db   *gormdb.DB
	ring ring
	mu   sync.Mutex
	at   time.Time
	log  bytes.Buffer
	mail notify.MailConfig
	sms  notify.SMSConfig
}

func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) { fn(newWorld(t, db)) })
}

func newWorld(t *testing.T, db *gormdb.DB) *world {
	k, err := seal.NewKey(1, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		T: t, db: db, ring: ring{k}, at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		mail: notify.MailConfig{Port: 587, TLS: "none", Timeout: 2 * time.Second, PerHour: 1000, Sender: "Acme <no-reply@acme.example>"},
		sms:  notify.SMSConfig{Provider: "file", Countries: []string{"DE", "HR"}, PerPrefix: 8, PerDay: 20},
	}
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *world) pass(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.at = w.at.Add(d) }

func (w *world) notifier() *notify.Notifier {
	w.Helper()
	n, err := notify.New(w.mail, w.sms, notify.Deps{Tenant: tenant(), Issuer: "https://id.example/x", Store: w.db, Ring: w.ring, Now: w.now})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// messages are the rows of the outbox.
func (w *world) messages() []storage.OutboxMessage {
	w.Helper()
	ms, err := w.db.Outbox(context.Background(), tenant(), storage.OutboxFilter{Limit: 1000})
	if err != nil {
		w.Fatal(err)
	}
	return ms
}

func issuer() *url.URL { return &url.URL{Scheme: "https", Host: "id.example", Path: "/x"} }

func pages(t testing.TB) *web.Renderer {
	t.Helper()
	r, err := web.New(web.Options{ProductName: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) mails(folder string) *notify.Mails {
	w.Helper()
	m, _, err := notify.NewMails(w.mail, notify.MailDeps{Pages: pages(w.T), Issuer: issuer(), Folder: folder, Now: w.now})
	if err != nil {
		w.Fatal(err)
	}
	return m
}

type lock struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (l *lock) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }

type quiet struct{}

func (quiet) OutboxDelivery(string, string) {}
func (quiet) OutboxLag(time.Duration)       {}

// run delivers until stop.
func (w *world) run(kind string, h outbox.Handler) (r *outbox.Runner, stop func()) {
	w.Helper()
	r, err := outbox.New(outbox.Config{Workers: 4, Attempts: 12, GiveUp: 24 * time.Hour, Keep: time.Hour}, outbox.Deps{
		Store: w.db, Ring: w.ring, Meter: quiet{}, Log: slog.New(slog.NewTextHandler(&lock{b: &w.log}, nil)), Now: w.now,
	}, map[string]outbox.Handler{kind: h})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx) })
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); wg.Wait() }) }
	w.Cleanup(stop)
	return r, stop
}

// until waits for a state of the one message that there is.
func (w *world) until(state storage.OutboxState, attempts int) storage.OutboxMessage {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		ms := w.messages()
		if len(ms) == 1 && ms[0].State == state && ms[0].Attempts >= attempts && ms[0].LeaseUntil == nil {
			return ms[0]
		}
		if time.Now().After(deadline) {
			w.Fatalf("the message is not %s but %+v", state, ms)
		}
	}
}

package kerberos_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/kerberos"
	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ledger is what was used, in memory.
type ledger struct {
	mu   sync.Mutex
	used map[string]time.Time
	err  error
}

func (l *ledger) SpendOnce(_ context.Context, r *storage.Replay) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return false, l.err
	}
	_, twice := l.used[string(r.Hash)]
	l.used[string(r.Hash)] = r.ExpiresAt
	return !twice, nil
}

const (
	host  = "HTTP/id.corp.example@CORP.EXAMPLE"
	realm = "CORP.EXAMPLE"
)

// world is a realm and a connector that trusts it.
type world struct {
	t      testing.TB
	now    time.Time
	realm  *kerberostest.Realm
	ledger *ledger
	config map[string]any
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 30, 12, 0, 0, 345_000_000, time.UTC), ledger: &ledger{used: map[string]time.Time{}}}
	w.realm = kerberostest.New(t, func() time.Time { return w.now }, host)
	w.config = map[string]any{"principal": host, "realms": []any{map[string]any{"realm": realm}, map[string]any{"realm": "OTHER.EXAMPLE"}}, "networks": []string{"10.0.0.0/8"}}
	return w
}

// connector is the realm's as its keytab stands now.
func (w *world) connector() federation.Negotiator {
	w.t.Helper()
	made, err := w.make(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return made.(federation.Negotiator)
}

func (w *world) make(change map[string]any) (federation.Connector, error) {
	w.t.Helper()
	return w.made(change, w.realm.Keytab())
}

// with makes the connector with a keytab.
func (w *world) with(keytab string) (federation.Connector, error) {
	w.t.Helper()
	return w.made(nil, keytab)
}

func (w *world) made(change map[string]any, keytab string) (federation.Connector, error) {
	w.t.Helper()
	config := maps.Clone(w.config)
	maps.Copy(config, change)
	raw, err := json.Marshal(config)
	if err != nil {
		w.t.Fatal(err)
	}
	kind := kerberos.New(kerberos.Deps{Tenant: storage.NewID(w.now), Replays: w.ledger, Now: func() time.Time { return w.now }})
	return kind.Make(federation.Setup{Name: "tickets", Config: raw, Secrets: map[string]string{"keytab": keytab}})
}

func here() netip.Addr { return netip.MustParseAddr("10.1.2.3") }

// refused wants the row that refuses.
func refused(t *testing.T, c federation.Negotiator, token []byte, row string) {
	t.Helper()
	n, err := c.Accept(t.Context(), token, here())
	var no *federation.Refusal
	if !errors.As(err, &no) || no.Check != row || no.Person || n != nil {
		t.Errorf("want %s, got %v", row, err)
	}
}

func accepted(t *testing.T, c federation.Negotiator, token []byte) *federation.Negotiated {
	t.Helper()
	n, err := c.Accept(t.Context(), token, here())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

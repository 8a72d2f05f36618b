package totp

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"net/url"
	"strconv"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	secretSize = 20               // RFC 4226 section 4 R6: as long as the hash
	confirmIn  = 15 * time.Minute // from showing the secret to the code that confirms it
	most       = 5                // apps of one person
)

// Begin makes a secret that counts for nothing until a code of it has come back. An earlier one that waits is forgotten.
func (m *Module) Begin(ctx context.Context, p *storage.Person) (storage.ID, error) {
	now := m.d.Now()
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails since Go 1.24: it crashes the process instead
	f := &storage.Factor{Tenant: p.Tenant, ID: storage.NewID(now), Person: p.ID, Kind: storage.KindTOTP, State: storage.FactorPending, CreatedAt: now}
	f.Secret = m.d.Ring.Seal(at(f), secret)
	return f.ID, m.d.Store.InsertFactor(ctx, f, most, nil)
}

// Waiting shows the secret of a factor that waits to be confirmed, as people type it and as apps scan it, with the person's identifier. errs.NotFound for
// any other: once it counts, nobody reads it again (MF05).
func (m *Module) Waiting(ctx context.Context, p *storage.Person, id storage.ID, identifier string) (key, uri string, err error) {
	_, secret, err := m.waiting(ctx, p, id)
	if err != nil {
		return "", "", err
	}
	key = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	return key, m.uri(key, identifier), nil
}

func (m *Module) waiting(ctx context.Context, p *storage.Person, id storage.ID) (*storage.Factor, []byte, error) {
	f, err := m.d.Store.FactorByID(ctx, p.Tenant, id)
	if err != nil {
		return nil, nil, err
	}
	if f.Person != p.ID || f.Kind != storage.KindTOTP || f.State != storage.FactorPending || f.CreatedAt.Before(m.d.Now().Add(-confirmIn)) {
		return nil, nil, errs.New(errs.NotFound, "There is nothing here.")
	}
	secret, err := m.d.Ring.Open(at(f), f.Secret)
	return f, secret, err
}

// uri is what apps read from the QR code (github.com/google/google-authenticator/wiki/Key-Uri-Format).
func (m *Module) uri(key, identifier string) string {
	label := m.d.Issuer
	if identifier != "" {
		label += ":" + identifier
	}
	q := url.Values{"secret": {key}, "issuer": {m.d.Issuer}, "algorithm": {"SHA1"}, "digits": {strconv.Itoa(digits)}, "period": {strconv.Itoa(period)}}
	return "otpauth://totp/" + url.PathEscape(label) + "?" + q.Encode()
}

// Confirm makes a waiting factor count, if the code is one of its secret. The code's step is spent with it: it signs nobody in (MF01).
func (m *Module) Confirm(ctx context.Context, p *storage.Person, id storage.ID, typed, name string) (bool, error) {
	f, secret, err := m.waiting(ctx, p, id)
	if err != nil {
		return false, err
	}
	typed, ok := clean(typed)
	if !ok {
		return false, nil
	}
	now := m.d.Now()
	step, ok := match(secret, typed, now, f.LastStep)
	if !ok {
		return false, nil
	}
	cmd := storage.ConfirmFactor{Tenant: f.Tenant, Person: f.Person, Factor: f.ID, Step: step, Since: now.Add(-confirmIn), Now: now}
	if name != "" {
		cmd.Name = m.d.Ring.Seal(seal.Location{Table: f.TableName(), Column: "name", Tenant: f.Tenant, Row: f.ID}, []byte(name))
	}
	return m.d.Store.ConfirmFactor(ctx, cmd, m.d.Audit.Row(ctx, f.Tenant, audit.Event{
		Type: audit.FactorCreate, Severity: audit.Notice, ActorKind: audit.Person, Actor: p.ID.String(), Target: "person:" + p.ID.String(),
		Data: map[string]any{"kind": f.Kind, "factor": f.ID.String()},
	}))
}

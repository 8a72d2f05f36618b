package samlidp

import (
	"context"
	"crypto"
	"crypto/x509"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Sealer seals and opens columns (internal/keys.Ring).
type Sealer interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// KeysDeps is what NewKeys needs.
type KeysDeps struct {
	Store  storage.SAMLKeys
	Ring   Sealer
	Audit  core.Auditor
	Feed   *cache.Feed
	Tenant storage.ID
	Issuer string
	// Generate makes the private keys; nil: new ones (keys.SetDeps).
	Generate func(alg string, rsaBits int) (crypto.Signer, error)
	Now      func() time.Time
}

// Keys knows what signs assertions. The first key is made when it is needed; every other is published before it signs.
type Keys struct {
	d   KeysDeps
	all *cache.One[[]key]
}

type key struct {
	samlxml.Pair
	serial   int64
	activeAt time.Time
}

// NewKeys returns the keys of a tenant.
func NewKeys(d KeysDeps) *Keys {
	k := &Keys{d: d}
	k.all = cache.NewOne(d.Feed, k.load, func(c storage.Change) bool { return c.Kind == storage.ChangeSAMLKey })
	return k
}

func (k *Keys) load(ctx context.Context) ([]key, error) {
	rows, err := k.d.Store.SAMLKeys(ctx, k.d.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]key, 0, len(rows))
	for i := range rows {
		one, err := k.open(&rows[i])
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func keyAt(tenant, id storage.ID) seal.Location {
	return seal.Location{Table: "saml_keys", Column: "private", Tenant: tenant, Row: id}
}

func (k *Keys) open(row *storage.SAMLKey) (key, error) {
	der, err := k.d.Ring.Open(keyAt(row.Tenant, row.ID), row.Private)
	if err != nil {
		return key{}, err
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return key{}, err
	}
	cert, err := x509.ParseCertificate(row.Certificate)
	signer, ok := private.(crypto.Signer)
	if err == nil && !ok {
		err = errs.New(errs.Internal, "")
	}
	return key{Pair: samlxml.Pair{Key: signer, Certificate: cert}, serial: row.Serial, activeAt: row.ActiveAt}, err
}

// known are the keys; the first is made when there is none. Two that make it at once make one.
func (k *Keys) known(ctx context.Context) ([]key, error) {
	all, err := k.all.Get(ctx)
	if err != nil || len(all) > 0 {
		return all, err
	}
	if err := k.add(ctx, 1, k.d.Now(), directory.Actor{Kind: audit.System}); err != nil && !errs.Is(err, errs.Conflict) {
		return nil, err
	}
	return k.load(ctx)
}

// add makes a key. The current one and its predecessor stay.
func (k *Keys) add(ctx context.Context, serial int64, active time.Time, by directory.Actor) error {
	now := k.d.Now()
	pair, err := k.pair(now)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.Key)
	if err != nil {
		return err
	}
	row := &storage.SAMLKey{Tenant: k.d.Tenant, ID: storage.NewID(now), Serial: serial, Certificate: pair.Certificate.Raw, CreatedAt: now, ActiveAt: active}
	row.Private = k.d.Ring.Seal(keyAt(row.Tenant, row.ID), der)
	ev := k.d.Audit.Row(ctx, k.d.Tenant, audit.Event{
		Type: audit.SAMLKeyCreate, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "saml_key:" + row.ID.String(), Outcome: audit.Success,
		Data: map[string]any{"serial": serial, "active_at": active},
	})
	return k.d.Store.InsertSAMLKey(ctx, row, serial-1, ev)
}

func (k *Keys) pair(now time.Time) (samlxml.Pair, error) {
	if k.d.Generate == nil {
		return samlxml.NewPair(k.d.Issuer+entityPath, now)
	}
	private, err := k.d.Generate("RS256", 2048)
	if err != nil {
		return samlxml.Pair{}, err
	}
	return samlxml.SelfSigned(private, k.d.Issuer+entityPath, now)
}

// Current is what signs now.
func (k *Keys) Current(ctx context.Context) (*samlxml.Pair, error) {
	all, err := k.known(ctx)
	if err != nil {
		return nil, err
	}
	now, at := k.d.Now(), 0
	for i := range all {
		if !now.Before(all[i].activeAt) {
			at = i
		}
	}
	return &all[at].Pair, nil
}

// Published are the certificates that applications should know: the current one and those after it.
func (k *Keys) Published(ctx context.Context) ([]*x509.Certificate, error) {
	all, err := k.known(ctx)
	if err != nil {
		return nil, err
	}
	now, at := k.d.Now(), 0
	for i := range all {
		if !now.Before(all[i].activeAt) {
			at = i
		}
	}
	var out []*x509.Certificate
	for _, one := range all[at:] {
		out = append(out, one.Certificate)
	}
	return out, nil
}

// Rotate makes the next key, which is published at once and signs after a while. errs.Conflict while there is one that does not sign yet.
func (k *Keys) Rotate(ctx context.Context, after time.Duration, by directory.Actor) (*x509.Certificate, time.Time, error) {
	if _, err := k.known(ctx); err != nil {
		return nil, time.Time{}, err
	}
	all, err := k.load(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	last := all[len(all)-1]
	if k.d.Now().Before(last.activeAt) {
		return nil, time.Time{}, errs.New(errs.Conflict, "The next key is there already, and signs from "+last.activeAt.UTC().Format(time.RFC3339)+" on.")
	}
	active := k.d.Now().Add(after)
	if err := k.add(ctx, last.serial+1, active, by); err != nil {
		return nil, time.Time{}, err
	}
	if all, err = k.load(ctx); err != nil {
		return nil, time.Time{}, err
	}
	return all[len(all)-1].Certificate, active, nil
}

package register

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Prefixes of tokens, for secret scanners.
const (
	PrefixInitial      = "jdi_" // initial access token
	PrefixRegistration = "jdg_" // registration access token
)

// secretBytes is how much of a token nobody can guess.
const secretBytes = 32

// maxInitialLife bounds initial access tokens.
const maxInitialLife = 366 * 24 * time.Hour

// InitialAccess is what an initial access token allows (RFC 7591 section 3).
type InitialAccess struct {
	Uses  int           // registrations; below zero: any number
	Life  time.Duration // until it expires
	Note  string        // for people: whom it is for
	Actor Actor
}

// NewInitialAccess makes a token and returns it; only its keyed hash is kept.
func (r *Registrar) NewInitialAccess(ctx context.Context, in InitialAccess) (string, *storage.InitialAccess, error) {
	switch {
	case in.Uses == 0:
		return "", nil, errs.New(errs.Invalid, "An initial access token needs a number of uses, or -1 for any number.")
	case in.Life < time.Second || in.Life > maxInitialLife:
		return "", nil, errs.New(errs.Invalid, "An initial access token lives from a second to 366 days.")
	case in.Note != "" && judgeText(in.Note, maxName) != "":
		return "", nil, errs.New(errs.Invalid, "The note "+judgeText(in.Note, maxName)+".")
	}
	now := r.d.Now()
	a := &storage.InitialAccess{Tenant: r.d.Tenant, ID: storage.NewID(now), UsesLeft: in.Uses, Note: in.Note, ExpiresAt: now.Add(in.Life), CreatedAt: now}
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails since Go 1.24: it crashes the process instead
	a.Key, a.Hash = r.d.Ring.MAC(keys.SecretPepper, initialParts(a, secret)...)
	ev := r.d.Audit.Row(ctx, r.d.Tenant, audit.Event{
		Type: audit.InitialAccessCreate, Severity: audit.Notice, ActorKind: in.Actor.Kind, Actor: in.Actor.ID, Target: "initial_access:" + a.ID.String(),
		Data: map[string]any{"uses": in.Uses, "seconds": int64(in.Life.Seconds())},
	})
	if err := r.d.Store.InsertInitialAccess(ctx, a, ev); err != nil {
		return "", nil, err
	}
	return PrefixInitial + base64.RawURLEncoding.EncodeToString(append(a.ID[:], secret...)), a, nil
}

// DeleteInitialAccess ends a token at once.
func (r *Registrar) DeleteInitialAccess(ctx context.Context, id storage.ID, by Actor) error {
	ev := r.d.Audit.Row(ctx, r.d.Tenant, audit.Event{
		Type: audit.InitialAccessDelete, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "initial_access:" + id.String(),
	})
	err := r.d.Store.DeleteInitialAccess(ctx, r.d.Tenant, id, ev)
	if errs.Is(err, errs.NotFound) {
		return errs.Wrap(errs.NotFound, "There is no such initial access token.", err)
	}
	return err
}

func initialParts(a *storage.InitialAccess, secret []byte) [][]byte {
	return [][]byte{[]byte("initial access"), a.Tenant[:], a.ID[:], secret}
}

// initialAccess finds the token that was presented; nil without an error for one that does not count. Nothing is spent.
func (r *Registrar) initialAccess(ctx context.Context, token string) (*storage.InitialAccess, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(token, PrefixInitial))
	if err != nil || !strings.HasPrefix(token, PrefixInitial) || len(raw) != len(storage.ID{})+secretBytes {
		return nil, nil //nolint:nilnil // no such token
	}
	a, err := r.d.Store.InitialAccessByID(ctx, r.d.Tenant, storage.ID(raw[:len(storage.ID{})]))
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // no such token
	}
	if err != nil {
		return nil, err
	}
	known := r.d.Ring.VerifyMAC(keys.SecretPepper, a.Key, a.Hash, initialParts(a, raw[len(storage.ID{}):])...)
	if !known || a.UsesLeft == 0 || !r.d.Now().Before(a.ExpiresAt) {
		return nil, nil //nolint:nilnil // forged, used up or expired
	}
	return a, nil
}

// giveAccess makes a registration access token for the row (RFC 7592), in place of any other, and returns it.
func (r *Registrar) giveAccess(c *storage.Client) string {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // as above
	token := PrefixRegistration + base64.RawURLEncoding.EncodeToString(secret)
	c.RegistrationKey, c.RegistrationHash = r.d.Ring.MAC(keys.SecretPepper, registrationParts(c, token)...)
	return token
}

// mayManage reports whether the token is the client's registration access token.
func (r *Registrar) mayManage(c *storage.Client, token string) bool {
	return len(c.RegistrationHash) > 0 && r.d.Ring.VerifyMAC(keys.SecretPepper, c.RegistrationKey, c.RegistrationHash, registrationParts(c, token)...)
}

func registrationParts(c *storage.Client, token string) [][]byte {
	return [][]byte{[]byte("registration access"), c.Tenant[:], c.ID[:], []byte(token)}
}

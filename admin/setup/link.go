package setup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// tokenSize is 256 bits: there is nothing to guess, so neither a slow hash nor a
// throttle stands in front.
const tokenSize = 32

// Links makes one-time set-up links and tells good ones.
type Links struct{ d LinkDeps }

// NewLinks returns Links.
func NewLinks(d LinkDeps) (*Links, error) {
	if !d.complete() {
		return nil, errors.New("admin/setup: a dependency is missing")
	}
	return &Links{d: d}, nil
}

// NewLink makes a link that works once within a day and ends every earlier one.
// errs.Conflict when an administrator exists. The URL is a secret: it goes to the
// operator's terminal and nowhere else.
func (l *Links) NewLink(ctx context.Context) (string, error) {
	exists, err := l.d.Admins.AdminExists(ctx, l.d.Tenant)
	if err != nil {
		return "", err
	}
	if exists {
		return "", errs.New(errs.Conflict, "An administrator exists already.")
	}
	raw := make([]byte, tokenSize)
	_, _ = rand.Read(raw) // never fails since Go 1.24: it crashes the process instead
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := l.d.Now()
	hash := sha256.Sum256(raw)
	err = l.d.Links.InsertSetupLink(ctx, &storage.SetupLink{
		Tenant: l.d.Tenant, ID: storage.NewID(now), Hash: hash[:], CreatedAt: now, ExpiresAt: now.Add(linkLifetime),
	})
	if err != nil {
		return "", err
	}
	return l.d.Issuer + "/setup?" + url.Values{"token": {token}}.Encode(), nil
}

// valid returns the hash of a token that still makes an administrator; errs.NotFound
// for any other, so that a used link and a guess look alike. The database compares
// hashes of 256 random bits: how long that takes says nothing about the token.
func (l *Links) valid(ctx context.Context, token string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenSize {
		return nil, closed()
	}
	exists, err := l.d.Admins.AdminExists(ctx, l.d.Tenant)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(raw)
	good, err := l.d.Links.SetupLinkValid(ctx, l.d.Tenant, hash[:], l.d.Now())
	if err != nil {
		return nil, err
	}
	if !good || exists {
		return nil, closed()
	}
	return hash[:], nil
}

func closed() error { return errs.New(errs.NotFound, "") }

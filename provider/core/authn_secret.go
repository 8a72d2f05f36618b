package core

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

func decodeBasic(b64 string) (id, secret string, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(b64)
	if err != nil || len(raw) > 4096 || !utf8.Valid(raw) {
		return "", "", false
	}
	u, p, found := strings.Cut(string(raw), ":")
	id, err1 := url.QueryUnescape(u)
	secret, err2 := url.QueryUnescape(p)
	return id, secret, found && err1 == nil && err2 == nil && strings.IndexByte(id, 0) < 0 && strings.IndexByte(secret, 0) < 0
}

// HashSecret returns what is stored of a client's secret: a keyed hash, since there is nothing to guess in 256 random bits.
func HashSecret(ring Ring, tenant, client storage.ID, secret string) (version int, hash []byte) {
	return ring.MAC(keys.SecretPepper, []byte("client secret"), tenant[:], client[:], []byte(secret))
}

func (r *AuthnRequest) secret() string {
	if r.basic != nil {
		return r.basic.secret
	}
	return r.Form.Get("client_secret")
}

// checkClientSecret compares the secret of a client that has one.
func checkClientSecret(ctx context.Context, r *AuthnRequest) error {
	if !hasSecret(r.Client) {
		return nil
	}
	c, secret := r.Client, r.secret()
	if secret == "" || len(secret) > 1024 {
		return InvalidClient("a secret", "an empty or oversized one")
	}
	if c.SecretPHC != "" {
		return r.a.slowSecret(ctx, c, secret)
	}
	if len(c.SecretHash) == 0 || !r.a.Ring.VerifyMAC(keys.SecretPepper, c.SecretKey, c.SecretHash, []byte("client secret"), c.Tenant[:], c.ID[:], []byte(secret)) {
		return InvalidClient("the client's secret", "another")
	}
	return nil
}

// slowSecret checks an operator-chosen secret and, when it is right, replaces its slow hash by a keyed one: only its first use is slow.
func (a *Authn) slowSecret(ctx context.Context, c *Client, secret string) error {
	ok, _, err := a.Slow.Verify(ctx, c.SecretPHC, secret)
	if err != nil {
		return err
	}
	if !ok {
		return InvalidClient("the client's secret", "another")
	}
	ev := a.Audit.Row(ctx, c.Tenant, audit.Event{
		Type: "client.update", Severity: "info", ActorKind: "system", Target: "client:" + c.ClientID, Client: c.ClientID, Outcome: "success", Reason: "secret_first_use",
	})
	old := c.SecretPHC
	_, err = a.Writer.UpdateClient(ctx, c.Tenant, c.ID, func(row *storage.Client) error {
		if row.SecretPHC == old { // unchanged since it was checked
			row.SecretKey, row.SecretHash = HashSecret(a.Ring, c.Tenant, c.ID, secret)
			row.SecretPHC = ""
		}
		return nil
	}, ev)
	return err
}

// ring404 does the work of comparing a secret for a client that does not exist.
func (a *Authn) ring404(r *AuthnRequest) {
	var none storage.ID
	a.Ring.VerifyMAC(keys.SecretPepper, 1, make([]byte, 32), []byte("client secret"), a.Tenant[:], none[:], []byte(r.secret()))
}

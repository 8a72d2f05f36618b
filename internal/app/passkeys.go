package app

import (
	"cmp"
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/login/passkey"
)

// settleTime bounds what the start waits for the database to say which domain passkeys are bound to.
const settleTime = 10 * time.Second

// party is the domain that passkeys are bound to. A configuration that would make those of people useless stops the start.
func (s *server) party() (passkey.Party, error) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	return passkey.Settle(ctx, s.Config.Login.Passkeys, s.DB, s.Tenant, s.issuer, s.Now(), s.Log)
}

// without names the entries of an account's menu that this installation does not have.
func (s *server) without() []string {
	if passkey.Possible(s.Config.Login.Passkeys, s.issuer) {
		return nil
	}
	return []string{"passkeys"}
}

// classes are the classes of sign-ins that passkeys reach: in hardware only where an attestation can prove it.
func (c Config) classes() []string {
	u, err := c.issuer()
	switch {
	case err != nil || !passkey.Possible(c.Login.Passkeys, u):
		return nil
	case c.Login.Passkeys.Roots != "":
		return []string{"phr", "phrh"}
	}
	return []string{"phr"}
}

func (s *server) offer(p passkey.Party) *passkey.Offer {
	return &passkey.Offer{Party: p, Every: s.Config.Login.Passkeys.OfferEvery, Store: s.DB, Cookies: s.cookies(), Ring: s.Ring, Log: s.Log, Now: s.Now}
}

func (s *server) makePasskeys(p passkey.Party, offer *passkey.Offer) (err error) {
	s.passkey, err = passkey.New(s.Config.Login.Passkeys, p, passkey.Deps{
		Steps: s.login, Offer: offer, Store: s.DB, Replays: s.DB, People: s.DB, Second: s.seconds, Ring: s.Ring, Failures: s.failures, Audit: s.Audit, Meter: s.metrics,
		Product: cmp.Or(s.Config.Theme.ProductName, "Jedan-Auth"), Logger: s.Log, Now: s.Now,
	})
	s.factors.key.Module = s.passkey
	return err
}

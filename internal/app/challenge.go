package app

import (
	"net/netip"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/limits"
	"github.com/jedan-auth/jedan-auth/login/challenge"
)

// alarm tells the gate who is under attack: by the limits, and by what risk counts.
type alarm struct{ s *server }

// Address implements challenge.Alarm.
func (a alarm) Address(ip netip.Addr) bool {
	return a.s.bounds.l.Pressed(limits.Login, ip) || a.s.risk.m.Pressed(ip)
}

// Account implements challenge.Alarm.
func (a alarm) Account(act, identifier string) bool {
	return a.s.bounds.l.AccountPressed(act, directory.Canonical(identifier))
}

func (s *server) makeChallenge() (err error) {
	s.challenge, err = challenge.New(s.Config.Login.Challenge, challenge.Deps{
		Tenant: s.Tenant, Issuer: s.Config.Issuer, Host: s.issuer.Hostname(), Ring: s.Ring, Browsers: s.sessions, Spent: s.DB, Alarm: alarm{s}, Fetch: s.Fetch,
		Pages: s.render, Meter: s.metrics, Logger: s.Log, Now: s.Now,
	})
	return err
}

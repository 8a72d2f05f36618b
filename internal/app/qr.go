package app

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login/qr"
)

// makeQR makes sign-in by phone, where it is on.
func (s *server) makeQR() error {
	if !s.Config.Login.QR.Enabled {
		return nil
	}
	deps := qr.Deps{
		Steps: s.login, Clients: s.bridge, People: s.DB, Store: s.DB, Ring: s.Ring, Country: s.announcer.country, Words: s.risk.geo.Words, Aged: s.aged, StepUp: s.seconds, Failures: s.failures, Audit: s.Audit,
		Meter: s.metrics, Logger: s.Log, Now: s.Now,
	}
	if s.rules != nil {
		deps.Rules = s.rules
	}
	m, err := qr.New(s.Config.Login.QR, deps)
	s.mailed = append(s.mailed, m)
	return err
}

// aged says that an application wants sign-ins of a certain age by default.
func (s *server) aged(ctx context.Context, clientID string) (bool, error) {
	c, err := s.bridge.clientNamed(ctx, clientID)
	return err == nil && c.Metadata.DefaultMaxAge != nil, err
}

// Vouch implements qr.Rules. What cannot be found out is denied.
func (r *rules) Vouch(ctx context.Context, cur *session.Current, clientID string) (policy.Lack, string) {
	g := policy.Given{Request: policy.Request{Act: policy.QR}, Session: r.sessionOf(cur.Session), Device: policy.Browser{Known: true}}
	if clientID != "" {
		c, err := r.s.bridge.clientNamed(ctx, clientID)
		if err != nil {
			return policy.Leave, ""
		}
		g.Client = clientOf(c)
	}
	d := r.decide(ctx, &g, cur.Person)
	return d.Lacks(cur.Session.ACR, cur.Session.AMR, r.s.Now().Sub(cur.Session.AuthTime)), d.ACR
}

package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// rules shows the operator's rules to all who hold people to them.
type rules struct {
	p *policy.Policy
	s *server
}

// makeRules compiles the rules; without any, nobody is asked.
func (s *server) makeRules() error {
	p, err := policy.New(s.Config.Policy)
	if err == nil && p.On() {
		s.rules = &rules{p, s}
	}
	return err
}

// decide fills in what is the same for every act: the groups, the network, and the time. What cannot be found out is denied.
func (r *rules) decide(ctx context.Context, g *policy.Given, p *storage.Person) policy.Decision {
	names, err := r.s.Groups.NamesOf(ctx, p.ID)
	if err != nil {
		r.s.Log.ErrorContext(ctx, "a rule was not evaluated", slog.Any("error", err))
		return policy.Decision{Then: policy.Then{Deny: true}, Err: err}
	}
	g.Person, g.Now = policy.Person{ID: p.ID.String(), Groups: names, Admin: p.Admin}, r.s.Now().UTC()
	if ip, _ := httpx.ContextClient(ctx); ip.IsValid() {
		g.Network = policy.Network{Address: ip.Unmap().String(), Country: r.s.risk.geo.Place(ip).Country}
	}
	d := r.p.Decide(g)
	if d.Err != nil {
		r.s.Log.ErrorContext(ctx, "a rule was not evaluated", slog.Any("error", d.Err))
	}
	return d
}

// Decide implements core.Decider.
func (r *rules) Decide(ctx context.Context, q core.Question) policy.Decision {
	g := policy.Given{
		Client: clientOf(q.Client), Request: policy.Request{Act: q.Act, Scopes: q.Scopes, Resources: q.Resources}, Session: r.sessionOf(q.Session),
		Risk: policy.Risk{Score: q.Score, StepUp: q.Doubted}, Device: policy.Browser{Known: true},
	}
	var err error
	_, agent := httpx.ContextClient(ctx)
	if q.Browser != [16]byte{} {
		g.Device.Trusted, err = r.trusted(ctx, q.Browser, agent, q.Person)
	}
	if err != nil {
		return policy.Decision{Then: policy.Then{Deny: true}, Err: err}
	}
	return r.decide(ctx, &g, q.Person)
}

func (r *rules) trusted(ctx context.Context, browser [16]byte, agent string, p *storage.Person) (bool, error) {
	b, err := r.s.DB.TrustedBrowser(ctx, p.Tenant, p.ID, login.TrustMark(browser, p.ID, agent))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil && login.TrustHolds(b, p, b.ExpiresAt.Sub(b.CreatedAt), r.s.Now()), err
}

// Arrive implements login.Rules.
func (r *rules) Arrive(ctx context.Context, a login.Arrival) login.Terms {
	g := policy.Given{
		Request: policy.Request{Act: policy.SignIn}, Session: policy.Session{ACR: a.Proof.ACR, AMR: a.Proof.AMR}, Device: policy.Browser{Known: a.Known},
		Risk: policy.Risk{Score: a.Score, StepUp: a.Doubted},
	}
	var err error
	if g.Device.Trusted, err = r.trusted(ctx, a.Device, a.Agent, a.Person); err != nil {
		return login.Terms{Denied: true}
	}
	if a.Client != "" {
		c, err := r.s.bridge.clientNamed(ctx, a.Client)
		if err != nil {
			return login.Terms{Denied: true}
		}
		g.Client = clientOf(c)
	}
	d := r.decide(ctx, &g, a.Person)
	return login.Terms{Denied: d.Deny, Remember: d.Remember.Of}
}

// Sensitive implements account.Rules.
func (r *rules) Sensitive(ctx context.Context, cur *session.Current) policy.Lack {
	g := policy.Given{Request: policy.Request{Act: policy.Account}, Session: r.sessionOf(cur.Session), Device: policy.Browser{Known: true}}
	return r.decide(ctx, &g, cur.Person).Lacks(cur.Session.ACR, cur.Session.AMR, r.s.Now().Sub(cur.Session.AuthTime))
}

// SessionLimits implements session.Limits. Whom rules deny, those who sign people in have asked; here only what cannot be evaluated makes no session.
func (r *rules) SessionLimits(ctx context.Context, p *storage.Person, acr string, amr []string) (idle, absolute time.Duration, err error) {
	g := policy.Given{Request: policy.Request{Act: policy.SignIn}, Session: policy.Session{ACR: acr, AMR: amr}, Device: policy.Browser{Known: true}}
	d := r.decide(ctx, &g, p)
	if d.Err != nil {
		return 0, 0, errs.Wrap(errs.Forbidden, "This sign-in is not allowed.", d.Err)
	}
	return d.Idle.Of, d.Absolute.Of, nil
}

func clientOf(c *core.Client) policy.Client {
	if c == nil {
		return policy.Client{}
	}
	m := c.Metadata
	return policy.Client{ID: c.ClientID, Profile: m.Profile, FirstParty: m.FirstParty, Public: c.Public(), Unvetted: m.Unvetted || m.Described}
}

func (r *rules) sessionOf(s *storage.Session) policy.Session {
	return policy.Session{ACR: s.ACR, AMR: s.AMR, Age: int64(r.s.Now().Sub(s.AuthTime) / time.Second)}
}

// Simulate decides about a case that an operator made up; person and client are filled in from the database.
func (a *App) Simulate(ctx context.Context, g *policy.Given, p *storage.Person, clientID string) (policy.Decision, error) {
	rules, err := policy.New(a.Config.Policy)
	if err != nil {
		return policy.Decision{}, err
	}
	if p != nil {
		names, err := a.Groups.NamesOf(ctx, p.ID)
		if err != nil {
			return policy.Decision{}, err
		}
		g.Person = policy.Person{ID: p.ID.String(), Groups: names, Admin: p.Admin}
	}
	if clientID != "" {
		c, err := a.clientNamed(ctx, clientID)
		if err != nil {
			return policy.Decision{}, err
		}
		g.Client = clientOf(c)
	}
	return rules.Decide(g), nil
}

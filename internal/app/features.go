package app

import (
	"github.com/jedan-auth/jedan-auth/account"
	"github.com/jedan-auth/jedan-auth/admin/setup"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// mounter is a feature with routes.
type mounter interface{ Mount(r httpx.Router) }

// modules lists every feature that answers requests.
func (s *server) modules() []mounter {
	return append([]mounter{s.provider, s.login, s.password, s.passkey, s.consents.m.Load(), s.account, s.setup, s.challenge, s.federation}, s.mailed...)
}

func (s *server) makeAccount() (err error) {
	data := &personal{App: s.App, grace: s.Config.Account.EraseAfter}
	deps := account.Deps{
		Passkeys: s.passkey.On(),
		Tenant:   s.Tenant, Issuer: s.Config.Issuer, Flows: s.flows, Sessions: trusting{s.sessions, s.risk}, People: s.DB, Directory: s.Directory, Hasher: s.Hasher,
		Policy: s.Policy, MinLength: s.Config.Passwords.MinLength, Attempts: s.password.Own(), Failures: s.failures,
		Approvals: &approvals{requests: s.provider.Approvals(), words: s.bridge}, Tiles: tiles{s.SAMLApps, s.provider, s.Config.Issuer}, Apps: &apps{consents: s.consents.m.Load(), words: s.bridge, sessions: s.sessions}, Pages: s.render,
		Forms: s.sessions.Forms(), Logger: s.Log, Own: s.sessions, Now: s.Now,
		Activity: &activity{App: s.App, words: s.bridge}, Profiles: s.Directory, Attributes: s.Attributes, Audit: s.Audit, Events: s.DB, Exporter: data, Erasure: data, Contact: s.contactLinks(), Security: s.security(), Scores: scores{s.App}, Browsers: s.DB, Terms: s.Config.Terms.URL, Recovery: found{s.App}, Places: s.risk.geo.Words,
	}
	if s.rules != nil {
		deps.Rules = s.rules
	}
	s.account, err = account.New(s.Config.Account, deps)
	return err
}

// links makes one-time set-up links, for the server and for the command line.
func (a *App) links() (*setup.Links, error) {
	return setup.NewLinks(setup.LinkDeps{Tenant: a.Tenant, Issuer: a.Config.Issuer, Links: a.DB, Admins: a.DB, Now: a.Now})
}

func (s *server) makeSetup() error {
	links, err := s.links()
	if err != nil {
		return err
	}
	s.setup, err = setup.New(setup.Deps{
		Links: links, People: s.Directory, Hasher: s.Hasher, Policy: s.Policy, MinLength: s.Config.Passwords.MinLength, Sessions: s.sessions,
		Pages: s.render, Forms: s.sessions.Forms(), Audit: s.Audit,
	})
	return err
}

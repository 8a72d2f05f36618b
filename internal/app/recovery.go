package app

import (
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login/magiclink"
	"github.com/jedan-auth/jedan-auth/login/recovery"
)

// sentCodes are the codes and links that go to people.
func (a *App) sentCodes() (*onetime.Codes, error) {
	return onetime.New(onetime.Deps{Tenant: a.Tenant, Store: a.DB, Ring: a.Ring, Now: a.Now})
}

func (s *server) makeRecovery() error {
	if err := errors.Join(s.makeSentPages(), s.makeContact(), s.makeLost(), s.makeRequired(), s.makeQR()); err != nil {
		return err
	}
	codes, err := s.sentCodes()
	if err != nil {
		return err
	}
	m, err := recovery.New(recovery.Deps{
		Tenant: s.Tenant, Issuer: s.Config.Issuer, Steps: s.login, People: s.DB, Directory: s.Directory, Codes: codes, Notify: s.Notify, Tx: s.DB, Hasher: s.Hasher,
		Policy: s.Policy, MinLength: s.Config.Passwords.MinLength, Lost: s.Config.Recovery.On(), Forms: s.sessions.Forms(), Audit: s.Audit, Pages: s.render, Logger: s.Log, Now: s.Now,
	})
	s.mailed = append(s.mailed, m)
	if err != nil || !s.Config.Login.ByMail {
		return err
	}
	link, err := magiclink.New(magiclink.Deps{
		Steps: s.login, People: s.DB, Directory: s.Directory, Codes: codes, Notify: s.Notify, Failures: s.failures, Meter: s.metrics, Logger: s.Log, Now: s.Now,
	})
	s.mailed = append(s.mailed, link)
	return err
}

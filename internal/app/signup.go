package app

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/login/signup"
)

// inviting is what invitations need.
func (a *App) inviting() (signup.Inviting, error) {
	codes, err := a.sentCodes()
	return signup.Inviting{Tenant: a.Tenant, Directory: a.Directory, Codes: codes, Notify: a.Notify, Audit: a.Audit, Events: a.DB, Now: a.Now}, err
}

// Invite mails an invitation to make an account.
func (a *App) Invite(ctx context.Context, email, lang string, by directory.Actor) error {
	d, err := a.inviting()
	if err != nil {
		return err
	}
	return signup.Invite(ctx, a.Config.Login.Signup, d, email, lang, by)
}

func (s *server) makeSignup() error {
	d, err := s.inviting()
	if err != nil {
		return err
	}
	m, err := signup.New(s.Config.Login.Signup, signup.Deps{
		Inviting: d, Steps: s.login, Sessions: s.sessions, Hasher: s.Hasher, Policy: s.Policy, MinLength: s.Config.Passwords.MinLength, Tx: s.DB, Logger: s.Log, Attributes: s.Attributes,
	})
	s.mailed = append(s.mailed, m)
	return err
}

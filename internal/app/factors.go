package app

import (
	"github.com/jedan-auth/jedan-auth/account"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/login/backup"
	"github.com/jedan-auth/jedan-auth/login/otp"
	"github.com/jedan-auth/jedan-auth/login/passkey"
	"github.com/jedan-auth/jedan-auth/login/totp"
)

// factors are what people can prove after a first factor.
type factors struct {
	totp   *totp.Module
	backup *backup.Module
	otp    *otp.Module
	key    *passkey.After
}

// list is every second factor, the best first: the one that a page shows when a person has several.
func (f *factors) list() []login.Second {
	return append(append([]login.Second{f.key, f.totp}, f.otp.Factors()...), f.backup)
}

func (s *server) makeFactors() (err error) {
	if s.factors.totp, err = totp.New(totp.Deps{Store: s.DB, Ring: s.Ring, Audit: s.Audit, Issuer: s.serviceName(), Now: s.Now}); err != nil {
		return err
	}
	if s.factors.backup, err = backup.New(backup.Deps{Codes: s.DB, Ring: s.Ring, Audit: s.Audit, Now: s.Now}); err != nil {
		return err
	}
	if err = s.makeSentCodes(); err != nil {
		return err
	}
	s.factors.key = &passkey.After{Store: s.DB, On: passkey.Possible(s.Config.Login.Passkeys, s.issuer)}
	s.seconds, err = login.NewSeconds(s.Config.Login.Second, login.SecondDeps{
		Factors: s.factors.list(), People: s.DB, Tries: s.DB, Failures: s.failures, Audit: s.Audit, Meter: s.metrics, Logger: s.Log, Now: s.Now,
	})
	return err
}

// security is a person's page about these factors.
func (s *server) security() *account.Security {
	return &account.Security{
		Factors: s.DB, Apps: s.factors.totp, Codes: s.factors.backup, Second: s.seconds, Vault: s.Ring, Audit: s.Audit, Now: s.Now, Links: s.factorLinks(),
	}
}

// serviceName is what authenticator apps show above the code: our name and where it is, since a person may have several.
func (s *server) serviceName() string {
	if name := s.Config.Theme.ProductName; name != "" && name != defaultProduct {
		return name
	}
	return s.issuer.Host
}

const defaultProduct = "Jedan-Auth"

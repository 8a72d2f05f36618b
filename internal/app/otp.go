package app

import (
	"time"

	"github.com/jedan-auth/jedan-auth/account/contact"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/login/otp"
	"github.com/jedan-auth/jedan-auth/web"
)

// makeSentCodes makes the factors whose codes are sent.
func (s *server) makeSentCodes() error {
	codes, err := s.sentCodes()
	if err != nil {
		return err
	}
	s.factors.otp, err = otp.New(s.Config.Login.OTP, otp.Deps{
		Store: s.DB, Codes: codes, Ring: s.Ring, Notify: s.Notify, Directory: s.Directory, Audit: s.Audit, Pages: s.render, Now: s.Now,
	})
	return err
}

// makeSentPages makes the pages on which people add and remove them, and their phone number.
func (s *server) makeSentPages() error {
	m, err := otp.NewOwn(otp.OwnDeps{
		Factors: s.factors.otp, Account: s.account, Forms: s.sessions.Forms(), Issuer: s.Config.Issuer, Texts: s.Config.SMS.On(), Now: s.Now,
	})
	s.mailed = append(s.mailed, m)
	return err
}

// mostAsks bounds the mails to addresses that one person names.
func (s *server) mostAsks() (*login.Attempts, error) {
	return login.NewAttempts(login.Allowance{Free: 10, First: time.Minute, Longest: time.Hour, Leak: 6 * time.Minute}, s.Now)
}

// makeContact makes the pages about a person's mail address.
func (s *server) makeContact() error {
	codes, err := s.sentCodes()
	if err != nil {
		return err
	}
	asks, err := s.mostAsks()
	if err != nil {
		return err
	}
	m, err := contact.New(contact.Deps{
		Tenant: s.Tenant, Issuer: s.Config.Issuer, Account: s.account, People: s.DB, Directory: s.Directory, Codes: codes, Notify: s.Notify, Tx: s.DB,
		Factor: s.factors.otp, Asks: asks, Forms: s.sessions.Forms(), Audit: s.Audit, Pages: s.render, Now: s.Now,
	})
	s.mailed = append(s.mailed, m)
	return err
}

// factorLinks lead from the page about signing in to the pages of other factors.
func (s *server) factorLinks() []web.SecurityLink {
	if len(s.factors.otp.Kinds()) == 0 {
		return nil
	}
	return []web.SecurityLink{web.LinkSent()}
}

// contactLinks lead from the profile to what is proved before it changes.
func (s *server) contactLinks() []web.SecurityLink {
	links := []web.SecurityLink{web.LinkEmail()}
	if s.Config.SMS.On() {
		links = append(links, web.LinkPhone())
	}
	return links
}

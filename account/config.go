package account

import (
	"errors"
	"time"
)

// defaultFresh is how long a sign-in counts as fresh unless the configuration says otherwise.
const defaultFresh = 5 * time.Minute

// Config is what an operator may change.
type Config struct {
	Fresh      time.Duration `config:"fresh" default:"5m" doc:"How long ago a person may have signed in for what needs a fresh sign-in: the download of their data, and the deletion of their account."`
	EraseAfter time.Duration `config:"erase_after" default:"0s" doc:"How long a person's wish to be deleted waits, and can be called off, before everything is erased. 0: not at all."`

	VerifyEmail bool `config:"verify_email" default:"false" doc:"Whoever has a mail address must prove it before anything else."`
}

// Validate refuses what cannot be meant.
func (c Config) Validate() error {
	if c.Fresh < 0 || c.Fresh > 24*time.Hour {
		return errors.New("account: fresh must be between 0 and 24 hours")
	}
	if c.EraseAfter < 0 || c.EraseAfter > 30*24*time.Hour {
		return errors.New("account: erase_after must be between 0 and 30 days (GDPR article 12: within one month)")
	}
	return nil
}

package signup

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
)

// Modes.
const (
	Off        = "off"
	Open       = "open"
	Invitation = "invitation"
	Domain     = "domain"
)

const defaultInvitation = 7 * 24 * time.Hour

// Config says who may make an account.
type Config struct {
	Mode       string        `config:"mode" default:"off" doc:"Who may make an account: off (nobody), open (everybody), invitation (who was invited), or domain (who has an address of login.signup.domains). Invitations count in every mode but off."`
	Domains    []string      `config:"domains" doc:"Mail domains whose addresses may make an account in the mode domain. A subdomain is another domain."`
	Invitation time.Duration `config:"invitation" default:"168h" doc:"How long an invitation can be accepted."`
}

// Validate refuses what cannot be meant.
func (c Config) Validate() error {
	if !slices.Contains([]string{"", Off, Open, Invitation, Domain}, c.Mode) {
		return errors.New("mode must be off, open, invitation or domain")
	}
	if (c.Mode == Domain) != (len(c.Domains) > 0) {
		return errors.New("domains belongs to the mode domain, which needs it")
	}
	for _, d := range c.Domains {
		if _, err := directory.CanonicalEmail("a@" + d); err != nil {
			return fmt.Errorf("domains: %q is no mail domain", d)
		}
	}
	if c.Invitation < 0 || c.Invitation > 90*24*time.Hour {
		return errors.New("invitation must be from 0 to 2160h")
	}
	return nil
}

// On reports whether anybody may make an account.
func (c Config) On() bool { return c.Mode != "" && c.Mode != Off }

// Asks reports whether people may ask for an account without an invitation.
func (c Config) Asks() bool { return c.Mode == Open || c.Mode == Domain }

// lets reports whether an address may have an account without an invitation.
func (c Config) lets(canonical string) bool {
	if c.Mode == Open {
		return true
	}
	_, domain, _ := strings.Cut(canonical, "@")
	return c.Mode == Domain && slices.ContainsFunc(c.Domains, func(d string) bool {
		own, err := directory.CanonicalEmail("a@" + d)
		return err == nil && own == "a@"+domain
	})
}

func (c Config) invitation() time.Duration {
	if c.Invitation == 0 {
		return defaultInvitation
	}
	return c.Invitation
}

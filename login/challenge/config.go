package challenge

import (
	"cmp"
	"errors"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/web"
)

// Providers.
const (
	Own       = "own"
	Turnstile = "turnstile"
	HCaptcha  = "hcaptcha"
	Off       = "off"
)

// Config is what an operator may change. The zero value has the defaults.
type Config struct {
	Provider string        `config:"provider" default:"own" doc:"own: the browser computes; turnstile (Cloudflare) or hcaptcha: another service's challenge, whose scripts run on these pages then; off: nothing is asked for."`
	Bits     int           `config:"bits" default:"17" doc:"How much is computed: 2 to the power of so many hashes on average, between 10 and 26. 17 takes a laptop a quarter of a second, an old phone two."`
	Wait     time.Duration `config:"wait" default:"20s" doc:"How long whoever runs no scripts waits instead."`
	Waits    int           `config:"waits" default:"5" doc:"How many of one address wait so long at once. More stand in line and wait longer, up to two minutes."`
	SiteKey  string        `config:"site_key" doc:"Site key of Turnstile or hCaptcha."`
	Secret   config.Secret `config:"secret" doc:"Secret of Turnstile or hCaptcha."`
	URL      string        `config:"url" doc:"Another address of siteverify, such as a proxy's. Empty: the service's own."`
}

// On says that something is asked for at all.
func (c Config) On() bool { return c.Provider != Off }

// Validate refuses what cannot work.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch c.Provider {
	case Own, Off:
	case Turnstile, HCaptcha:
		if c.SiteKey == "" || c.Secret == "" {
			return errors.New("challenge: site_key and secret are needed")
		}
	default:
		return errors.New("challenge.provider: own, turnstile, hcaptcha or off")
	}
	if c.Bits < 10 || c.Bits > 26 || c.Wait < time.Second || c.Wait > 5*time.Minute || c.Waits < 1 {
		return errors.New("challenge: bits from 10 to 26, a wait from a second to five minutes, and at least one who waits")
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Provider, c.Bits = cmp.Or(c.Provider, Own), cmp.Or(c.Bits, 17)
	c.Wait, c.Waits = cmp.Or(c.Wait, 20*time.Second), cmp.Or(c.Waits, 5)
	return c
}

// kind is what the provider's challenges are.
func (c Config) kind() web.ChallengeKind {
	switch c.Provider {
	case Turnstile:
		return web.ChallengeTurnstile
	case HCaptcha:
		return web.ChallengeHCaptcha
	}
	return web.ChallengeWork
}

package lost

import (
	"errors"
	"time"
)

// Config is how long things wait, and work.
type Config struct {
	Wait time.Duration `config:"wait" default:"24h" doc:"How long a recovery of somebody who lost every second factor waits, at least 1h. Mailbox and phone are told, and can cancel it. Negative: there is none."`
	Link time.Duration `config:"link" default:"1h" doc:"How long the link works that is mailed when the wait is over. Another can be asked for during three days."`
	Help time.Duration `config:"administrator_link" default:"1h" doc:"How long a link of users recovery-link works."`
}

const (
	shortest = time.Hour
	startFor = time.Hour          // how long the link works by which one begins
	open     = 3 * 24 * time.Hour // how long a recovery can be used once it is ready
)

// On reports whether there are recoveries that wait.
func (c Config) On() bool { return c.Wait > 0 }

// Validate refuses a wait in which nobody could answer, and links that would lie around.
func (c Config) Validate() error {
	if c.Wait >= 0 && c.Wait < shortest {
		return errors.New("wait: at least 1h, or negative for none")
	}
	for _, life := range []time.Duration{c.Link, c.Help} {
		if life < time.Minute || life > 7*24*time.Hour {
			return errors.New("link, administrator_link: between 1m and 168h")
		}
	}
	return nil
}

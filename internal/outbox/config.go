package outbox

import (
	"errors"
	"time"
)

// Config bounds deliveries.
type Config struct {
	Workers  int           `config:"workers" default:"8" doc:"Messages that one process delivers at a time."`
	Attempts int           `config:"attempts" default:"12" doc:"Attempts before a message is given up. They are spread over about three hours."`
	GiveUp   time.Duration `config:"give_up" default:"24h" doc:"A message that is older is given up."`
	Keep     time.Duration `config:"keep" default:"168h" doc:"How long what was delivered or given up stays in the delivery log."`
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	if c.Workers <= 0 || c.Workers > 256 || c.Attempts <= 0 || c.GiveUp <= 0 || c.Keep <= 0 {
		return errors.New("workers (at most 256), attempts, give_up and keep: more than 0")
	}
	return nil
}

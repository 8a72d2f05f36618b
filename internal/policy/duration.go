package policy

import (
	"errors"
	"time"
)

// Duration is a time span that a rule may leave out: "15m".
type Duration struct {
	Set bool
	Of  time.Duration
}

// For is a duration that is set.
func For(d time.Duration) Duration { return Duration{true, d} }

// UnmarshalText reads "1h30m".
func (d *Duration) UnmarshalText(b []byte) error {
	of, err := time.ParseDuration(string(b))
	if err != nil || of < 0 {
		return errors.New("a time span such as \"15m\" is needed")
	}
	*d = For(of)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.Of.String()), nil }

// IsZero leaves out what is not set.
func (d Duration) IsZero() bool { return !d.Set }

// shorter is the shorter of two that are set.
func shorter(a, b Duration) Duration {
	if !a.Set || b.Set && b.Of < a.Of {
		return b
	}
	return a
}

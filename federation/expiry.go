package federation

import (
	"context"
	"time"
)

// Expiring is a certificate on which sign-ins by an upstream rest.
type Expiring struct {
	Connector string // its name
	What      string // ours, or the upstream's
	At        time.Time
}

// Expirer knows certificates that end. Those of an upstream that cannot be asked now are left out.
type Expirer interface {
	Connector
	Expiring(ctx context.Context) []Expiring
}

// Expiring lists the certificates of all connectors that end before a time.
func (r *Registry) Expiring(ctx context.Context, before time.Time) ([]Expiring, error) {
	all, err := r.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	var out []Expiring
	for _, c := range all {
		knows, ok := c.Connector.(Expirer)
		if !ok {
			continue
		}
		for _, e := range knows.Expiring(ctx) {
			if e.At.Before(before) {
				e.Connector = c.Row.Name
				out = append(out, e)
			}
		}
	}
	return out, nil
}

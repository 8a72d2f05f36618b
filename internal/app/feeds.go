package app

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/feeds"
	"github.com/jedan-auth/jedan-auth/storage"
)

// feedMeter counts into the server's numbers, once there is a server.
type feedMeter struct {
	m atomic.Pointer[telemetry.Metrics]
}

// Feed implements feeds.Meter.
func (f *feedMeter) Feed(name, outcome string) {
	if m := f.m.Load(); m != nil {
		m.Feed(name, outcome)
	}
}

// openFeeds comes after the outbound client, and has every new password looked up from then on, also on the command line.
func (a *App) openFeeds(context.Context) (err error) {
	a.Feeds, err = feeds.New(a.Config.Feeds, feeds.Deps{Fetch: a.Fetch, Meter: &a.feedMeter, Log: a.Log, Now: a.Now})
	if err == nil && a.Feeds.Passwords().On() {
		a.Policy.Stolen = a.stolen
	}
	return err
}

// stolen looks up a new password. Without an answer it may be used: a feed that is down must not keep people from changing their password.
func (a *App) stolen(password string) bool {
	stolen, missed := a.Feeds.Passwords().New(context.Background(), password)
	if missed {
		a.Log.Warn("a new password was not looked up among stolen ones", slog.String("feed", feeds.PwnedPasswords))
	}
	return stolen
}

// heard adds what feeds say of a sign-in. It waits for none of them.
func (r *risks) heard(o *risk.Moment, a login.Arrival) {
	o.Feeds, o.Missed = r.s.Feeds.Of(o.IP)
	if a.Proof.Sum == "" || !r.s.Feeds.Passwords().On() {
		return
	}
	o.PasswordOf = passwordOf(a.Person)
	person, of := a.Person.ID, o.PasswordOf
	stolen, missed := r.s.Feeds.Passwords().Proved(a.Proof.Sum, func(stolen bool) {
		if stolen {
			r.markStolen(person, of)
		}
	})
	switch {
	case stolen:
		o.Broken = risk.PasswordBreached
	case missed:
		o.Missed = append(o.Missed, feeds.PwnedPasswords)
	}
}

// markStolen keeps what was heard after the sign-in for the next one.
func (r *risks) markStolen(person storage.ID, of int64) {
	ctx := context.Background()
	r.s.metrics.SecurityEvent("password.stolen", audit.Warning)
	if err := r.m.MarkStolen(ctx, person, of); err != nil {
		r.s.Log.WarnContext(ctx, "that a password is stolen was not written down", slog.String("person", person.String()), slog.Any("error", err))
	}
}

// passwordOf tells a person's passwords apart, by when they were set.
func passwordOf(p *storage.Person) int64 {
	if p.PasswordChangedAt == nil {
		return 1
	}
	return p.PasswordChangedAt.UnixMicro()
}

package federation

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	recheckAfter   = 10 * time.Second // one answer does for all that somebody's applications ask at once
	recheckTimeout = 5 * time.Second
	askingFor      = 2 * recheckTimeout // a server that stopped in the middle keeps nobody longer
	reasonRefused  = "upstream_refused"
)

// Vouches says whether the upstream of a link still vouches for its person: errs.Forbidden when it does not, and then what rested on it has ended. While it
// cannot be asked the answer is errs.Unavailable, until its grace is over. A link that the person has removed says nothing against what came before.
func (m *Module) Vouches(ctx context.Context, link storage.ID) error {
	l, err := m.d.Store.LinkByID(ctx, m.d.Tenant, link)
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	case l.CheckedAt != nil && m.d.Now().Sub(*l.CheckedAt) < recheckAfter:
		return nil
	}
	return m.recheckOnce(ctx, l)
}

// recheckOnce asks once for all who want to know at the same time. Whoever asks first may go away: the answer is for all.
func (m *Module) recheckOnce(ctx context.Context, l *storage.Link) error {
	_, err, _ := m.checks.Do(l.ID.String(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recheckTimeout)
		defer cancel()
		return nil, m.recheckAlone(ctx, l.ID)
	})
	return err
}

// recheckAlone asks while no other server does: a refresh token of the upstream may count once, and its second use end everything.
func (m *Module) recheckAlone(ctx context.Context, link storage.ID) error {
	for {
		now := m.d.Now()
		mine, err := m.d.Store.AskLink(ctx, storage.AskLink{Tenant: m.d.Tenant, ID: link, Now: now, Since: now.Add(-recheckAfter), Until: now.Add(askingFor)})
		if err != nil {
			return err
		}
		if mine {
			return m.recheckMine(ctx, link)
		}
		if answered, err := m.overhear(ctx, link); answered || err != nil {
			return err
		}
	}
}

// recheckMine asks about a link that is ours to ask about, as it is now.
func (m *Module) recheckMine(ctx context.Context, link storage.ID) error {
	l, err := m.d.Store.LinkByID(ctx, m.d.Tenant, link)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err == nil {
		err = m.recheck(ctx, l)
	}
	free, cancel := context.WithTimeout(context.WithoutCancel(ctx), recheckTimeout) // whoever asked has used up the time for it
	defer cancel()
	return errors.Join(err, m.d.Store.FreeLink(free, m.d.Tenant, link))
}

// overhear waits while another server asks. Only a yes is an answer for us, too: whatever else came of it, we ask for ourselves.
func (m *Module) overhear(ctx context.Context, link storage.ID) (answered bool, err error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := m.d.Store.LinkByID(ctx, m.d.Tenant, link)
		now := m.d.Now()
		switch {
		case errs.Is(err, errs.NotFound):
			return true, nil
		case err != nil:
			return false, err
		case l.CheckedAt != nil && now.Sub(*l.CheckedAt) < recheckAfter:
			return true, nil
		case l.AskingUntil == nil || !l.AskingUntil.After(now):
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, errs.New(errs.Unavailable, "The other sign-in service does not answer. Try again later.")
		case <-tick.C:
		}
	}
}

func (m *Module) recheck(ctx context.Context, l *storage.Link) error {
	from, err := m.d.Registry.ByID(ctx, l.Connector)
	if errs.Is(err, errs.Unavailable) {
		return m.silent(ctx, l, defaultGrace, err)
	}
	if errs.Is(err, errs.NotFound) { // it was deleted a moment ago, with this link
		return nil
	}
	if err != nil {
		return err
	}
	asks, ok := from.Connector.(Rechecker)
	if !ok {
		return nil
	}
	is, tokens, err := m.unsealed(l)
	if err != nil {
		return err
	}
	id, err := asks.Recheck(ctx, is.Key, tokens)
	if err == nil && id != nil && id.Key != is.Key {
		err = &Refusal{Check: "recheck.key", Expected: "the person of the link", Received: "another", Reason: "key"}
	}
	var no *Refusal
	switch {
	case errors.As(err, &no) && no.Person: // any other refusal is an answer that cannot be believed, and says nothing about them
		return m.unvouched(ctx, l, from, no)
	case err != nil:
		return m.silent(ctx, l, from.Settings.Grace, err)
	case id == nil:
		return nil
	}
	return m.vouched(ctx, l, from, id)
}

// unsealed opens a link.
func (m *Module) unsealed(l *storage.Link) (is kept, tokens *Tokens, err error) {
	plain, err := m.d.Ring.Open(identityAt(l), l.Identity)
	if err != nil {
		return is, nil, err
	}
	if err := json.Unmarshal(plain, &is); err != nil || l.Tokens.IsZero() {
		return is, nil, err
	}
	if plain, err = m.d.Ring.Open(tokensAt(l), l.Tokens); err != nil {
		return is, nil, err
	}
	return is, tokens, json.Unmarshal(plain, &tokens)
}

func (m *Module) vouched(ctx context.Context, l *storage.Link, from *Ready, id *Identity) error {
	cmd := storage.CheckLink{Tenant: m.d.Tenant, ID: l.ID, Now: m.d.Now()}
	var err error
	if cmd.Tokens, err = m.sealedTokens(l, from, id.Tokens); err != nil {
		return err
	}
	if _, err = m.d.Store.CheckLink(ctx, cmd); err != nil || id.Profile == nil { // without one it has said nothing but yes
		return err
	}
	return m.enrol(ctx, from, id, l.Person)
}

// unvouched ends what rests on the upstream's word.
func (m *Module) unvouched(ctx context.Context, l *storage.Link, from *Ready, no *Refusal) error {
	verdict.Log(ctx, m.d.Log, "federation", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, "")
	if _, err := m.EndLink(ctx, l, from, reasonRefused); err != nil {
		return err
	}
	return errs.New(errs.Forbidden, "The upstream does not vouch for this person any more.")
}

// EndLink ends the sessions and grants that rest on a link.
func (m *Module) EndLink(ctx context.Context, l *storage.Link, from *Ready, reason string) (bool, error) {
	return m.d.Store.EndLink(ctx, storage.EndLink{Tenant: m.d.Tenant, ID: l.ID, Now: m.d.Now(), Reason: reason}, m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.LinkEnd, Severity: audit.Notice, ActorKind: audit.System, Actor: "connector:" + from.Row.Name, Target: "person:" + l.Person.String(), Reason: reason,
		Data: map[string]any{"connector": from.Row.Name, "link": l.ID.String()},
	}))
}

// silent is an upstream that does not say anything. That ends nothing by itself: clients are told to try again, and after the grace that it does not count.
func (m *Module) silent(ctx context.Context, l *storage.Link, grace int, why error) error {
	if grace == 0 {
		grace = defaultGrace
	}
	since, err := m.d.Store.FailLink(ctx, m.d.Tenant, l.ID, m.d.Now())
	if err != nil {
		return err
	}
	m.d.Log.WarnContext(ctx, "an upstream does not say whether somebody may still sign in", slog.String("link", l.ID.String()), slog.Time("since", since), slog.Any("error", why))
	if m.d.Now().Sub(since) >= time.Duration(grace)*time.Second {
		return errs.New(errs.Forbidden, "The upstream has not vouched for this person for too long.")
	}
	return errs.New(errs.Unavailable, "The other sign-in service does not answer. Try again later.")
}

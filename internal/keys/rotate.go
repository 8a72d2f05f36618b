package keys

import (
	"context"
	"crypto"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Reasons of key.rotate events.
const (
	reasonFirst     = "first"
	reasonScheduled = "scheduled"
	reasonManual    = "manual"
)

// rotation is one planned change: a new key of alg that signs from activates on.
type rotation struct {
	alg, reason, actor string
	activates          time.Time
	priv               crypto.Signer
}

// TickEvery is how often Tick must run on every node: often enough that each knows a new key before it signs.
func (s *Set) TickEvery() time.Duration { return min(time.Minute, s.cfg.PublishAhead/4) }

// Tick reads the keys, makes the successors that are due and removes keys whose last token has expired. It may run on every node at once: of several
// that rotate a key one wins, and the others take its key.
func (s *Set) Tick(ctx context.Context) error {
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.load(ctx); err != nil {
		return err
	}
	now, changed := s.deps.Now(), false
	rotations, err := s.allDue(now)
	if err != nil {
		return errs.Wrap(errs.Internal, "", err)
	}
	for _, r := range rotations {
		if _, err := s.rotate(ctx, r, now); err != nil {
			return err
		}
		changed = true
	}
	if s.anyExpired(now) {
		if _, err := s.deps.Store.DeleteExpiredSigningKeys(ctx, now); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	return s.load(ctx)
}

// Rotate publishes a successor of alg's key at once; it signs after PublishAhead. actor is the operator's id, or empty for the system. errs.Conflict
// when a successor is published already.
func (s *Set) Rotate(ctx context.Context, alg, actor string) error {
	if !slices.Contains(s.offered(), alg) {
		return errs.New(errs.Invalid, "This algorithm is not offered.")
	}
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.load(ctx); err != nil {
		return err
	}
	now := s.deps.Now()
	r := rotation{alg: alg, reason: reasonManual, actor: actor, activates: now.Add(s.cfg.PublishAhead)}
	switch cur := s.state.Load().pick(alg, now); {
	case cur == nil:
		r.activates = now
	case s.state.Load().successor(cur) != nil:
		return errs.New(errs.Conflict, "A successor of this key is already published and waits for its time.")
	}
	var err error
	if r.priv, err = s.deps.Generate(alg, s.cfg.RSABits); err != nil {
		return errs.Wrap(errs.Internal, "", err)
	}
	done, err := s.rotate(ctx, r, now)
	if err != nil {
		return err
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	if !done {
		return errs.New(errs.Conflict, "Another process rotated this key at the same moment.")
	}
	return nil
}

// allDue lists the rotations that are due, with their keys: those take most of a first start and are made at the same time.
func (s *Set) allDue(now time.Time) ([]rotation, error) {
	var out []rotation
	for _, alg := range s.offered() {
		if r, due := s.due(alg, now); due {
			out = append(out, r)
		}
	}
	failed := make([]error, len(out))
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() { out[i].priv, failed[i] = s.deps.Generate(out[i].alg, s.cfg.RSABits) })
	}
	wg.Wait()
	return out, errors.Join(failed...)
}

// due decides whether alg needs a new key now.
func (s *Set) due(alg string, now time.Time) (rotation, bool) {
	cur := s.state.Load().pick(alg, now)
	if cur == nil {
		return rotation{alg: alg, reason: reasonFirst, activates: now}, true
	}
	if s.state.Load().successor(cur) != nil {
		return rotation{}, false
	}
	r := rotation{alg: alg, reason: reasonScheduled, activates: now.Add(s.cfg.PublishAhead)}
	if cur.row.RetiresAt != nil { // its successor was revoked
		r.activates = earlier(r.activates, *cur.row.RetiresAt)
		return r, true
	}
	ends := cur.row.ActivatesAt.Add(s.cfg.RotateEvery)
	return r, s.cfg.RotateEvery > 0 && !r.activates.Before(ends)
}

// rotate stores a new key and retires the newest known one, unless another process did so since the keys were read.
func (s *Set) rotate(ctx context.Context, r rotation, now time.Time) (done bool, err error) {
	next, err := s.newSigningKey(r, now)
	if err != nil {
		return false, errs.Wrap(errs.Internal, "", err)
	}
	e := audit.Event{
		Type: audit.KeyRotate, ActorKind: audit.System, Target: "key:" + next.KeyID, Reason: r.reason,
		Data: map[string]any{"alg": r.alg, "activates_at": r.activates.UTC().Format(time.RFC3339)},
	}
	if r.actor != "" {
		e.ActorKind, e.Actor = audit.Operator, r.actor
	}
	var previous storage.ID
	if known := s.state.Load().byAlg[r.alg]; len(known) > 0 {
		previous, e.Data["previous"] = known[0].row.ID, known[0].row.KeyID
	}
	expires := r.activates.Add(s.cfg.TokenLifetimeMax + s.cfg.PublishAhead)
	return s.deps.Store.RotateSigningKey(ctx, next, previous, r.activates, expires, s.deps.Audit.Row(ctx, s.deps.Tenant, e))
}

func (s *Set) anyExpired(now time.Time) bool {
	for _, k := range s.state.Load().byKID {
		if k.row.ExpiresAt != nil && k.row.ExpiresAt.Before(now) {
			return true
		}
	}
	return false
}

// pick is the key that signs at a time: the newest active one. When there is none (it was revoked, or this node's clock is behind the one that made
// the key) a published key signs before its time.
func (st *setState) pick(alg string, at time.Time) *signer {
	var early *signer
	for _, k := range st.byAlg[alg] {
		if k.signs(at) {
			return k
		}
		if k.waits(at) {
			early = k
		}
	}
	return early
}

// successor is the key that takes over from k, if one is published.
func (st *setState) successor(k *signer) *signer {
	for _, other := range st.byAlg[k.row.Algorithm] {
		if other.row.RevokedAt == nil && other.row.ActivatesAt.After(k.row.ActivatesAt) {
			return other
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

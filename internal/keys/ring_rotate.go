package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// rewrapRounds bounds how often Rewrap looks again for keys that other processes made meanwhile.
const rewrapRounds = 5

// RotateDataKey makes the next version of a purpose and returns it. It opens and verifies at once and seals after Settle; older versions still open
// and verify. Two processes that rotate at once make one version. EmailIndex is refused: with two versions in use, the unique hash of an address
// would no longer stop a second person from taking it. So is Pairwise.
func (r *Ring) RotateDataKey(ctx context.Context, purpose string) (version int, err error) {
	if purpose == EmailIndex {
		return 0, errs.New(errs.Invalid, "The index key cannot be rotated while hashes made with it are in use.")
	}
	if purpose == Pairwise {
		return 0, errs.New(errs.Invalid, "The key of pairwise subjects is never rotated: every client would take everybody for somebody else.")
	}
	if !slices.Contains(purposes(), purpose) {
		return 0, errs.New(errs.Invalid, "There is no data key with this purpose.")
	}
	if err := r.Reload(ctx); err != nil {
		return 0, err
	}
	version = r.Versions(purpose)[0] + 1
	if err := r.add(ctx, purpose, version); err != nil {
		return 0, err
	}
	return version, r.Reload(ctx)
}

// Rewrap exchanges the master key: every data key is wrapped anew by next, with the event ev (may be nil) in the same transaction. Nothing that the
// data keys protect changes. It may be repeated after an interruption: rows that next already wrapped stay as they are.
func (r *Ring) Rewrap(ctx context.Context, next Master, ev *storage.AuditEvent) error {
	r.reload.Lock()
	defer r.reload.Unlock()
	for range rewrapRounds {
		rows, err := r.store.DataKeys(ctx, r.tenant)
		if err != nil {
			return err
		}
		stale, err := r.rewrapRows(rows, next)
		if err != nil {
			return err
		}
		if len(stale) == 0 {
			r.master = next
			return nil
		}
		if err := r.store.RewrapDataKeys(ctx, stale, ev); err != nil {
			return err
		}
		ev = nil // said once
	}
	return errs.New(errs.Conflict, "Other processes keep making keys. Stop them and try again.")
}

// rewrapRows returns the rows that next does not open yet, wrapped by it.
func (r *Ring) rewrapRows(rows []storage.DataKey, next Master) ([]storage.DataKey, error) {
	var stale []storage.DataKey
	for i := range rows {
		row := rows[i]
		if _, err := next.Unwrap(wrapAAD(&row), row.Wrapped); err == nil {
			continue
		}
		raw, err := r.master.Unwrap(wrapAAD(&row), row.Wrapped)
		if err != nil {
			return nil, errs.Wrap(errs.Internal, "",
				fmt.Errorf("keys: neither master key opens data key %s/%d: %w", row.Purpose, row.Version, err))
		}
		if row.Wrapped, err = next.Wrap(wrapAAD(&row), raw); err != nil {
			return nil, errs.Wrap(errs.Internal, "", errors.Join(errors.New("keys: the new master key does not wrap"), err))
		}
		stale = append(stale, row)
	}
	return stale, nil
}

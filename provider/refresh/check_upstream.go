package refresh

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkUpstream asks where the person was signed in whether they still may, as the last row: a token that does not count asks nobody. An upstream that does not
// answer ends nothing: the client is told to try again (503), for a time.
func checkUpstream(ctx context.Context, r *request) error {
	if r.g.Upstream == nil || r.grant.Link.IsZero() {
		return nil
	}
	err := r.g.Upstream.Vouches(ctx, r.grant.Link)
	if errs.Is(err, errs.Forbidden) {
		return core.InvalidGrant("somebody for whom their upstream vouches", "somebody for whom it does not")
	}
	return err
}

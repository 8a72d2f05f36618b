package authorize

import (
	"context"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Doubt says why a session is not believed to be used by whom it was made for; the zero value: it is.
type Doubt struct {
	Reason string // a code
	Denied bool   // proving it anew does not help
}

// needTrust has a session proved anew that looks as if somebody else used it: by a second factor where the person has one, else by another sign-in. Both make a new
// session, in this browser and from here, so that what was doubtful is so no longer; whoever has just done so is asked for nothing more.
func needTrust(ctx context.Context, v *visit) error {
	doubt := v.who.Doubt
	if doubt.Reason == "" || v.freshFor() || v.did(flow.StepMFA) != nil {
		return nil
	}
	if doubt.Denied {
		return core.Refuse(fosite.ErrAccessDenied, "This session is not trusted.", "the session's own browser", doubt.Reason)
	}
	best, err := v.e.StepUp.Reach(ctx, v.who.Session, v.who.Person)
	if err != nil {
		return err
	}
	step := flow.StepLogin
	if best != "" {
		step = flow.StepMFA
	}
	return v.need(step, fosite.ErrLoginRequired, "The person must prove the session anew.", "the session's own browser", doubt.Reason)
}

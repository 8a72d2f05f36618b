package authorize

import (
	"context"
	"slices"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkACR notes which classes of authentication are demanded, and refuses when none of them can be had here: those of an essential acr claim (OpenID
// Connect Core section 5.5.1.1), or else those of acr_values that mean something here (RFC 9470 section 5: a client that was told to step up must not
// get the same again). Values that mean nothing here are wishes and never fail (OpenID Connect Core section 15.1).
func checkACR(_ context.Context, r *request) error {
	values, essential := r.Claims.ACRValues()
	r.exactACR = essential
	if !essential {
		if values = core.Words(r.get("acr_values")); len(values) == 0 {
			values = slices.Clone(r.Client.Metadata.DefaultACRValues)
		}
		values = slices.DeleteFunc(values, func(v string) bool { return !core.KnownACR(v) })
	}
	if len(values) > 0 && !core.ReachableACR(values) {
		return core.UnmetAuthentication("a supported acr", "others only")
	}
	r.ACR = values
	return nil
}

// needACR meets the demanded class by an authentication of it, never by a flag (AZ28). Whoever has just signed in for this flow and could do no better
// ends it.
func needACR(ctx context.Context, v *visit) error {
	if len(v.ACR) == 0 || slices.ContainsFunc(v.ACR, v.meets) {
		return nil
	}
	return v.stepUp(ctx, v.ACR, "an authentication of the demanded class")
}

// stepUp names the step that could meet one of the classes: the second factor alone where the person has one that reaches them, else another sign-in.
func (v *visit) stepUp(ctx context.Context, classes []string, expected string) error {
	have := v.who.Session.ACR
	if v.freshFor() || v.did(flow.StepMFA) != nil {
		return core.UnmetAuthentication(expected, have)
	}
	best, err := v.e.StepUp.Reach(ctx, v.who.Session, v.who.Person)
	if err != nil {
		return err
	}
	step := flow.StepLogin
	if slices.ContainsFunc(classes, func(want string) bool { return core.MeetsACR(best, want) }) {
		step = flow.StepMFA
	}
	return v.need(step, fosite.ErrLoginRequired, "The person must sign in with a stronger method.", expected, have)
}

func (v *visit) meets(class string) bool { return core.MeetsACR(v.who.Session.ACR, class) }

// acr is what the grant states: the class of the session's authentication, or where one of a list is demanded the first of it that was met.
func (v *visit) acr() string {
	have := v.who.Session.ACR
	if !v.exactACR || slices.Contains(v.ACR, have) {
		return have
	}
	if i := slices.IndexFunc(v.ACR, v.meets); i >= 0 {
		return v.ACR[i]
	}
	return have
}

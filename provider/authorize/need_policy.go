package authorize

import (
	"context"
	"strings"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// needPolicy holds the session to the operator's rules: a newer sign-in, another method or a stronger class is asked for, and whoever has just done so and still
// lacks it ends the request. Who is denied is told here first, and the client when they go back to it.
func needPolicy(ctx context.Context, v *visit) error {
	h := v.e.Rules.Hold(ctx, core.Question{
		Act: policy.Authorize, Client: v.Client, Session: v.who.Session, Person: v.who.Person, Browser: v.flow.Browser, Scopes: v.asked(), Resources: v.Resources,
		Score: v.who.Score, Doubted: v.who.Doubt.Reason != "",
	})
	expected := "what the rules want: " + strings.Join(h.Rules, ", ")
	switch h.Lack {
	case policy.Nothing:
		return nil
	case policy.Class:
		return v.stepUp(ctx, []string{h.ACR}, expected)
	case policy.Leave:
		if v.did(flow.StepDenied) == nil {
			v.goTo = flow.StepDenied
		}
		return core.Refuse(fosite.ErrAccessDenied, "A rule of this server does not allow it.", expected, "a sign-in that they deny")
	case policy.Fresh, policy.Method:
	}
	if v.freshFor() {
		return core.UnmetAuthentication(expected, "a sign-in without "+string(h.Lack))
	}
	return v.need(flow.StepLogin, fosite.ErrLoginRequired, "The person must sign in again.", expected, "a sign-in without "+string(h.Lack))
}

package samlidp

import (
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

type auditRow = storage.AuditEvent

// rowsKept judge a flow again: what was registered when it began may have changed since.
func rowsKept() []verdict.Row[*visit] {
	return []verdict.Row[*visit]{
		{Name: "saml_idp_flow.page", Reason: "malformed", Check: ownFlow},
		{Name: "saml_idp_flow.app", Reason: "disabled", Check: standingApp},
		{Name: "saml_idp_flow.consumer", Reason: "recipient", Check: standingConsumer},
	}
}

// rowsNeeds is the table of what stands between a judged request and its answer, as for OAuth clients. A row that refuses names the step that would satisfy
// it; with IsPassive the application is told that it cannot be had.
func rowsNeeds() []verdict.Row[*visit] {
	return []verdict.Row[*visit]{
		{Name: "saml_idp_interaction.signed_in", Reason: "login", Check: needSession},
		{Name: "saml_idp_interaction.fresh", Reason: "login", Check: needFresh},
		{Name: "saml_idp_interaction.trust", Reason: "doubt", Check: needTrust},
		{Name: "saml_idp_interaction.policy", Reason: "policy", Check: needPolicy},
		{Name: "saml_idp_interaction.context", Reason: "context", Check: needContext},
		{Name: "saml_idp_interaction.required", Reason: "required", Check: needRequired},
		{Name: "saml_idp_interaction.permitted", Reason: "permitted", Check: needPermitted},
		{Name: "saml_idp_interaction.consent", Reason: "consent", Check: needConsent},
		{Name: "saml_idp_interaction.name", Reason: "name", Check: needName},
	}
}

// ownFlow wants a flow of this endpoint.
func ownFlow(_ context.Context, v *visit) (expected, received string, err error) {
	if v.flow.Params.Get(flow.Page) != ssoPath || v.flow.Tenant != v.e.d.Tenant {
		received = "another"
	}
	return "a flow of this endpoint", received, nil
}

func standingApp(ctx context.Context, v *visit) (expected, received string, err error) {
	v.app, err = v.e.d.Apps.ByID(ctx, v.flow.Client)
	if err != nil {
		return "an application that is switched on", "none", err
	}
	if v.app.Row.Disabled || v.flow.Params.Get(keptID) == "" && !v.app.Settings.IDPInitiated {
		received = "one that is switched off"
	}
	v.client, v.contexts = v.app.client(), contextsOf(v.flow.Params.Get(keptContext))
	return "an application that is switched on", received, nil
}

func standingConsumer(_ context.Context, v *visit) (expected, received string, err error) {
	if acs := v.flow.Params.Get(keptACS); v.app.registered(acs) {
		v.acs = acs
	} else {
		received = "one that is not any more"
	}
	return "a registered AssertionConsumerService", received, nil
}

// need refuses and names the step.
func (v *visit) need(step, expected, received string) (string, string, error) {
	v.goTo = step
	return expected, received, nil
}

func needSession(_ context.Context, v *visit) (expected, received string, err error) {
	if v.who == nil {
		return v.need(flow.StepLogin, "a session", "none")
	}
	return "a session", "", nil
}

// freshFor reports whether the session was made for this flow.
func (v *visit) freshFor() bool { return !v.who.Session.AuthTime.Before(v.flow.Started) }

// needFresh meets ForceAuthn by a sign-in that is newer than the flow, never by a flag.
func needFresh(_ context.Context, v *visit) (expected, received string, err error) {
	if v.flow.Params.Has(keptForce) && !v.freshFor() {
		return v.need(flow.StepLogin, "a newer authentication", "an older one")
	}
	return "a newer authentication", "", nil
}

// needTrust has a session proved anew that looks as if somebody else used it.
func needTrust(ctx context.Context, v *visit) (expected, received string, err error) {
	expected = "the session's own browser"
	if v.who.Doubt == "" || v.freshFor() || v.did(flow.StepMFA) != nil {
		return expected, "", nil
	}
	if v.who.Denied {
		v.status = statusDenied
		return expected, v.who.Doubt, nil
	}
	best, err := v.e.d.StepUp.Reach(ctx, v.who.Session, v.who.Person)
	if err != nil {
		return expected, "", err
	}
	step := flow.StepLogin
	if best != "" {
		step = flow.StepMFA
	}
	return v.need(step, expected, v.who.Doubt)
}

// needPolicy holds the session to the operator's rules, as for OAuth clients: they know the application as the client saml:NAME.
func needPolicy(ctx context.Context, v *visit) (expected, received string, err error) {
	h := v.e.d.Rules.Hold(ctx, core.Question{
		Act: policy.Authorize, Client: v.client, Session: v.who.Session, Person: v.who.Person, Browser: v.flow.Browser, Scopes: v.app.asked(), Score: v.who.Score, Doubted: v.who.Doubt != "",
	})
	expected = "what the rules want: " + strings.Join(h.Rules, ", ")
	switch h.Lack {
	case policy.Nothing:
		return expected, "", nil
	case policy.Class:
		return v.stepUp(ctx, []string{h.ACR}, expected)
	case policy.Leave:
		return v.deny(expected, "a sign-in that they deny")
	case policy.Fresh, policy.Method:
	}
	if v.freshFor() {
		v.status = statusNoContext
		return expected, "a sign-in without " + string(h.Lack), nil
	}
	return v.need(flow.StepLogin, expected, "a sign-in without "+string(h.Lack))
}

// deny tells the person first, and the application when they go back to it.
func (v *visit) deny(expected, received string) (string, string, error) {
	v.status = statusDenied
	if v.did(flow.StepDenied) == nil {
		v.goTo = flow.StepDenied
	}
	return expected, received, nil
}

// needContext meets the demanded class by an authentication of it.
func needContext(ctx context.Context, v *visit) (expected, received string, err error) {
	expected = "an authentication of the demanded class"
	var classes []string
	for _, class := range v.contexts {
		classes = append(classes, acrOf(class))
	}
	if len(classes) == 0 || slices.ContainsFunc(classes, func(acr string) bool { return core.MeetsACR(v.who.Session.ACR, acr) }) {
		return expected, "", nil
	}
	return v.stepUp(ctx, classes, expected)
}

// stepUp names the step that could meet one of the classes: the second factor alone where the person has one that reaches them, else another sign-in.
// Whoever has just done so and could do no better ends it.
func (v *visit) stepUp(ctx context.Context, classes []string, expected string) (string, string, error) {
	have := v.who.Session.ACR
	if v.freshFor() || v.did(flow.StepMFA) != nil {
		v.status = statusNoContext
		return expected, "class " + have, nil
	}
	best, err := v.e.d.StepUp.Reach(ctx, v.who.Session, v.who.Person)
	if err != nil {
		return expected, "", err
	}
	step := flow.StepLogin
	if slices.ContainsFunc(classes, func(want string) bool { return core.MeetsACR(best, want) }) {
		step = flow.StepMFA
	}
	return v.need(step, expected, "class "+have)
}

// needRequired stops every request of somebody who must do something first.
func needRequired(_ context.Context, v *visit) (expected, received string, err error) {
	open, err := v.e.d.Required.Open(v.who.Person)
	if err != nil || len(open) == 0 {
		return "no required action", "", err
	}
	return v.need(flow.StepRequired, "no required action", strings.Join(open, " "))
}

// needPermitted refuses whoever may not use the application.
func needPermitted(ctx context.Context, v *visit) (expected, received string, err error) {
	expected = "somebody who may use the application"
	ok, err := v.e.d.Live.Permitted(ctx, v.client, v.who.Person)
	if err != nil || ok {
		return expected, "", err
	}
	return v.deny(expected, "another")
}

// did returns the named step if the browser brings its signed token for this flow, this person and this session.
func (v *visit) did(step string) *flow.Step {
	if v.step == "" {
		return nil
	}
	st, err := v.e.d.Flows.VerifyStep(v.step, step, v.flow.ID)
	if err != nil || st.Person != v.who.Person.ID || st.Session != v.who.Session.ID {
		return nil
	}
	return st
}

// needConsent settles what may be released where people are asked: all of it, or nothing.
func needConsent(ctx context.Context, v *visit) (expected, received string, err error) {
	expected = "consent to everything that is released"
	if !v.app.Settings.Consent {
		return expected, "", nil
	}
	asked := v.app.asked()
	if st := v.did(flow.StepConsent); st != nil {
		given := core.Words(st.Data["scope"])
		if st.Data["deny"] != "" || slices.ContainsFunc(asked, func(s string) bool { return !slices.Contains(given, s) }) {
			v.status = statusDenied
			return expected, "a refusal", nil
		}
		return expected, "", nil
	}
	missing, _, err := v.e.d.Consents.Remembered(ctx, v.e.d.Tenant, v.who.Person.ID, v.app.Row.ID, asked, nil, v.app.binding(v.acs))
	if err != nil || !missing {
		return expected, "", err
	}
	return v.need(flow.StepConsent, expected, "less")
}

// needName wants somebody who has a name of the registered form: an address that is verified, a user name.
func needName(_ context.Context, v *visit) (expected, received string, err error) {
	expected = "a person with a name of the registered form"
	claims, err := v.e.claims(v.who.Person)
	if err != nil {
		return expected, "", err
	}
	if v.e.name(v.app, v.who.Session, v.who.Person, claims).Value == "" {
		v.status, received = statusNamePolicy, "one without"
	}
	return expected, received, nil
}

package authorize

import (
	"context"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// visit is one arrival of the browser with a judged request.
type visit struct {
	*request
	flow   *flow.Flow
	sealed string
	step   string // signed token of the step that sent the browser back, or ""

	who     *SignedIn
	granted []string // scopes that may be granted, once consent is settled
	goTo    string   // the step that is needed next
}

// dispatch decides what the person must do next, and answers the client when nothing is left. No step calls another: each comes back here.
func (e *Endpoint) dispatch(c *gin.Context, v *visit) error {
	who, err := e.Sessions.Current(c)
	if err != nil {
		return e.refuse(c, v.request, err)
	}
	v.who = who
	vs, err := core.Run(c.Request.Context(), Needs(), v)
	v.verdicts = append(core.Passed(Rows()), vs...)
	if to, err := e.silently(c, v); err != nil || to != "" {
		if err != nil {
			return e.refuse(c, v.request, err)
		}
		return redirect(c, e.Base+to+"?"+url.Values{"flow": {v.sealed}}.Encode())
	}
	if v.goTo != "" && !v.prompts("none") {
		return redirect(c, e.Base+stepPath(v.goTo)+"?"+url.Values{"flow": {v.sealed}}.Encode())
	}
	if err != nil {
		if failed := e.denied(c.Request.Context(), v, err); failed != nil {
			err = failed
		}
		return e.refuse(c, v.request, err)
	}
	return e.issue(c, v)
}

// silently is where somebody is asked for without a page, once: where the sign-in page would have led them by itself.
func (e *Endpoint) silently(c *gin.Context, v *visit) (string, error) {
	if e.Silent == nil || v.goTo != flow.StepLogin || v.who != nil || v.step != "" || !v.prompts("none") {
		return "", nil
	}
	return e.Silent.Silently(c, v.Client.ClientID, v.Params.Get("login_hint"))
}

func stepPath(step string) string {
	switch step {
	case flow.StepAccount:
		return "/login/account"
	case flow.StepConsent:
		return "/consent"
	case flow.StepMFA:
		return "/login/mfa"
	case flow.StepSignup:
		return "/signup"
	case flow.StepRequired:
		return "/login/required"
	case flow.StepDenied:
		return "/login/denied"
	}
	return "/login"
}

// Needs is the table of what stands between a valid request and its answer. A row that refuses names the step that would satisfy it; with
// prompt=none the refusal itself goes to the client.
func Needs() []core.Row[visit] {
	return []core.Row[visit]{
		{Name: "interaction.create", Check: needCreate},
		{Name: "interaction.signed_in", Check: needSession},
		{Name: "interaction.hinted_person", Check: needHintedPerson},
		{Name: "interaction.fresh", Check: needFresh},
		{Name: "interaction.trust", Check: needTrust},
		{Name: "interaction.policy", Check: needPolicy},
		{Name: "interaction.acr", Check: needACR},
		{Name: "interaction.resource_acr", Check: needDemands},
		{Name: "interaction.required", Check: needRequired},
		{Name: "interaction.account", Check: needAccount},
		{Name: "interaction.permitted", Check: needPermitted},
		{Name: "interaction.consent", Check: needConsent},
	}
}

// need refuses and names the step.
func (v *visit) need(step string, base *fosite.RFC6749Error, description, expected, received string) error {
	v.goTo = step
	return core.Refuse(base, description, expected, received)
}

// needCreate leads to a new account (Initiating User Registration via OpenID Connect section 4.1). Whoever has one signs in from there.
func needCreate(_ context.Context, v *visit) error {
	if !v.prompts("create") || v.who != nil && v.freshFor() {
		return nil
	}
	return v.need(flow.StepSignup, fosite.ErrInteractionRequired, "The person must make an account.", "a new account", "none")
}

func needSession(_ context.Context, v *visit) error {
	if v.who == nil {
		return v.need(flow.StepLogin, fosite.ErrLoginRequired, "The person is not signed in.", "a session", "none")
	}
	return nil
}

// needHintedPerson never answers for another person than the one hinted at (AZ27). Somebody else who has just signed in for this very flow ends it.
func needHintedPerson(_ context.Context, v *visit) error {
	if v.hinted(v.who.Person) {
		return nil
	}
	if v.freshFor() {
		return core.Refuse(fosite.ErrLoginRequired, "Another person signed in than the one asked for.", "the hinted person", "another")
	}
	return v.need(flow.StepLogin, fosite.ErrLoginRequired, "Another person is signed in.", "the hinted person", "another")
}

// hinted reports whether the sub that the request insists on is what this client knows the person by.
func (r *request) hinted(p *storage.Person) bool {
	sub := r.e.Subjects.Of(r.Client, p)
	return (r.HintSubject == "" || r.HintSubject == sub) && (len(r.Wanted) == 0 || slices.Contains(r.Wanted, sub))
}

// freshFor reports whether the session was made for this flow.
func (v *visit) freshFor() bool { return !v.who.Session.AuthTime.Before(v.flow.Started) }

// needFresh meets prompt=login and max_age by an authentication that is newer than the flow, never by a flag (AZ26).
func needFresh(_ context.Context, v *visit) error {
	if v.freshFor() {
		return nil
	}
	age := v.e.Now().Sub(v.who.Session.AuthTime)
	if v.prompts("login") || (v.MaxAge >= 0 && age.Seconds() > float64(v.MaxAge)) || v.MaxAge == 0 {
		return v.need(flow.StepLogin, fosite.ErrLoginRequired, "The person must sign in again.", "a newer authentication", "an older one")
	}
	return nil
}

// needAccount shows the chooser once for prompt=select_account; having signed in or consented for this flow is a choice too.
func needAccount(_ context.Context, v *visit) error {
	if !v.prompts("select_account") || v.freshFor() || v.did(flow.StepAccount) != nil || v.did(flow.StepConsent) != nil {
		return nil
	}
	return v.need(flow.StepAccount, fosite.ErrLoginRequired, "The person must choose an account.", "a choice", "none")
}

// needPermitted refuses whoever may not use the client. They are told here first, and the client when they go back to it.
func needPermitted(ctx context.Context, v *visit) error {
	ok, err := v.e.Live.Permitted(ctx, v.Client, v.who.Person)
	if err != nil || ok {
		return err
	}
	if v.did(flow.StepDenied) == nil {
		v.goTo = flow.StepDenied
	}
	return core.NotPermitted()
}

// did returns the named step if the browser brings its signed token for this flow, this person and this session.
func (v *visit) did(step string) *flow.Step {
	if v.step == "" {
		return nil
	}
	st, err := v.e.Flows.VerifyStep(v.step, step, v.flow.ID)
	if err != nil || st.Person != v.who.Person.ID || st.Session != v.who.Session.ID {
		return nil
	}
	return st
}

// needConsent settles which scopes may be granted: all for a first party, those of this very consent, or those remembered.
func needConsent(ctx context.Context, v *visit) error {
	if st := v.did(flow.StepConsent); st != nil {
		if st.Data["deny"] != "" {
			return core.Refuse(fosite.ErrAccessDenied, "The person did not allow it.", "consent", "a refusal")
		}
		v.granted = v.within(core.Words(st.Data["scope"]))
		return nil
	}
	if v.Client.Metadata.FirstParty && !v.prompts("consent") {
		v.granted = v.asked()
		return nil
	}
	missing, granted, err := v.e.Consents.Remembered(ctx, v.e.Tenant, v.who.Person.ID, v.Client.ID, v.asked(), v.Resources, v.binding())
	if err != nil {
		return err
	}
	if missing || v.prompts("consent") || v.unassured() || v.asksOnce() {
		return v.need(flow.StepConsent, fosite.ErrConsentRequired, "The person must consent.", "consent to everything asked", "less")
	}
	v.granted = v.within(granted)
	return nil
}

// unassured reports whether anybody could pose as this client: a public one on loopback or a private-use scheme (RFC 8252 section 8.6).
func (v *visit) unassured() bool {
	return v.Client.Public() && (core.IsLoopback(v.RedirectURI) || core.IsPrivateUse(v.RedirectURI))
}

// binding is what a person saw of the client when consenting: another name or another host asks again (SE05).
// Whatever a client that describes itself changes in its document asks again (DR11).
func (v *visit) binding() string {
	seen := v.Client.Name() + "\n" + web.FormActionSource(v.RedirectURI)
	if digest := v.Client.Digest(); digest != "" {
		seen += "\n" + digest
	}
	return seen
}

// within keeps what was asked for in this request.
func (v *visit) within(scopes []string) []string {
	var out []string
	for _, s := range v.asked() {
		for _, g := range scopes {
			if s == g {
				out = append(out, s)
			}
		}
	}
	return out
}

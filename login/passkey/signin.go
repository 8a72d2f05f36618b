package passkey

import (
	"encoding/base64"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// kind is what a sign-in by passkey is called in events and metrics.
const kind = "passkey"

// rows is the table of a sign-in, in order. Nothing is written before "once".
func rows() []row {
	return []row{
		{"assertion.csrf", signInForm},
		{"assertion.flow", openFlow},
		{"assertion.shape", assertionShape},
		{"assertion.type", rightType},
		{"assertion.challenge", ourChallenge},
		{"assertion.origin", ourOrigin},
		{"assertion.framed", notFramed},
		{"assertion.rp_id", ourDomain},
		{"assertion.present", userPresent},
		{"assertion.verified", userVerified},
		{"assertion.known", knownPasskey},
		{"assertion.owner", ownersHandle},
		{"assertion.backup", backupFlags},
		{"assertion.signature", signed},
		{"assertion.state", personActive},
		{"assertion.subject", samePerson},
		{"assertion.once", firstUse},
		{"assertion.count", counted},
	}
}

// requestOptions is PublicKeyCredentialRequestOptionsJSON. It is the same for everybody: which passkeys there are is for the authenticator to say.
type requestOptions struct {
	Challenge        string       `json:"challenge"`
	Timeout          int          `json:"timeout"`
	RPID             string       `json:"rpId"`
	UserVerification string       `json:"userVerification"`
	Allow            []descriptor `json:"allowCredentials"`
}

// signInOptions answers the script of the sign-in page. It writes nothing.
func (m *Module) signInOptions(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	st, err := m.d.Steps.Open(c, query.Get("flow"))
	if err != nil {
		return err
	}
	httpx.WriteJSON(c, http.StatusOK, requestOptions{
		Challenge: m.newChallenge(boundToFlow(st)), Timeout: challengeMillis, RPID: m.party.ID, UserVerification: m.c.UserVerification, Allow: []descriptor{},
	})
	return nil
}

// signIn runs the table, then makes the session or shows the page again.
func (m *Module) signIn(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	a := asserting(c, form)
	if r := m.judge("passkey sign-in", rows(), a); r != nil {
		m.report(a, r)
		return m.refuseSignIn(a, r)
	}
	if err := m.d.Steps.Finish(c, a.step, a.person, proof(a)); err != nil {
		return err
	}
	m.d.Meter.AuthRequest(kind, "success")
	return nil
}

// proof is what the authenticator has shown. With user verification that is two factors that nobody can phish; whether the second one was a
// fingerprint, a face or a PIN it does not say. Without, it is one (MF12).
func proof(a *attempt) login.Proof {
	p := login.Proof{ACR: "1", AMR: []string{"swk", "user"}, Kind: kind}
	if a.key.Hardware {
		p.AMR[0] = "hwk"
	}
	if !a.auth.Flags.HasUserVerified() {
		return p
	}
	p.ACR, p.AMR = "phr", append(p.AMR, "mfa")
	if a.key.Hardware {
		p.ACR = "phrh"
	}
	return p
}

func (m *Module) refuseSignIn(a *attempt, r *refusal) error {
	switch {
	case r.expired:
		return m.d.Steps.Refuse(a.c, r.err)
	case r.err != nil:
		return r.err
	}
	page, err := m.d.Steps.Page(a.c, a.step)
	if err != nil {
		return err
	}
	page.Error = r.problem
	if r.unknown {
		page.Unknown = web.PasskeySignals{RPID: m.party.ID, UnknownID: base64.RawURLEncoding.EncodeToString(a.assertion.RawID)}
	}
	m.d.Steps.Render(a.c, http.StatusForbidden, page)
	return nil
}

// signInForm wants the token of our own page in this browser (SE02).
func signInForm(m *Module, a *attempt) *refusal {
	if err := m.d.Steps.CheckToken(a.c, login.FormPurpose, a.form); err != nil {
		return failed("the form's token in this browser", err)
	}
	return nil
}

// openFlow wants a flow that is open, of this browser and not stale.
func openFlow(m *Module, a *attempt) *refusal {
	const expected = "an open flow of this browser"
	st, err := m.d.Steps.Open(a.c, a.form.Get("flow"))
	if err != nil {
		r := failed(expected, err)
		r.expired = errs.Is(err, errs.Invalid)
		return r
	}
	a.step, a.bound = st, boundToFlow(st)
	return nil
}

// assertionShape parses the answer: JSON, client data, authenticator data.
func assertionShape(_ *Module, a *attempt) *refusal {
	const expected = "an assertion"
	answer := a.form.Get("credential")
	if answer == "" || len(answer) > maxAnswer {
		return not(expected, size(answer), "shape")
	}
	if err := a.readAssertion(answer); err != nil {
		return not(expected, "something that does not parse", "shape")
	}
	return nil
}

// knownPasskey finds the passkey and its person. The browser is told to forget one that nobody has.
func knownPasskey(m *Module, a *attempt) *refusal {
	const expected = "a registered passkey"
	ctx := a.c.Request.Context()
	key, err := m.d.Store.PasskeyByCredential(ctx, m.d.Steps.Tenant(), a.assertion.RawID)
	if err == nil {
		a.key = key
		a.person, err = m.d.People.PersonByID(ctx, key.Tenant, key.Person)
	}
	if errs.Is(err, errs.NotFound) {
		r := not(expected, "an unknown one", "unknown")
		r.unknown = true
		return r
	}
	if err != nil {
		return failed(expected, err)
	}
	return nil
}

// ownersHandle wants the user handle that the passkey was made with.
func ownersHandle(m *Module, a *attempt) *refusal {
	if string(a.assertion.Response.UserHandle) != string(m.handle(a.person.ID)) {
		return not("the handle of the passkey's owner", presence(len(a.assertion.Response.UserHandle) > 0), "handle")
	}
	return nil
}

// signed checks the signature with the registered key, over what was sent byte for byte.
func signed(_ *Module, a *attempt) *refusal {
	const expected = "a signature by the registered key"
	key, err := webauthncose.ParsePublicKey(a.key.PublicKey)
	if err != nil {
		return failed(expected, err)
	}
	over := append(append([]byte(nil), a.assertion.Raw.AssertionResponse.AuthenticatorData...), a.hash[:]...)
	if ok, err := webauthncose.VerifySignature(key, over, a.assertion.Response.Signature); err != nil || !ok {
		return not(expected, "another", "signature")
	}
	return nil
}

// personActive wants an account that may sign in; only its owner comes so far (MF16).
func personActive(_ *Module, a *attempt) *refusal {
	if a.person.State != storage.PersonActive {
		return not("an active account", string(a.person.State), "not_active")
	}
	return nil
}

// samePerson wants the person that the request is about, if it is about one.
func samePerson(m *Module, a *attempt) *refusal {
	const expected = "the person whom the request names"
	may, err := m.d.Steps.MayBe(a.c, a.step, a.person)
	if err != nil {
		return failed(expected, err)
	}
	if !may {
		return &refusal{expected: expected, received: "another", reason: "other_person", problem: web.ProblemSubject}
	}
	return nil
}

// counted moves the signature counter forward. One that goes back is written down: somebody may have copied the authenticator (MF15).
func counted(m *Module, a *attempt) *refusal {
	const expected = "a signature counter that grows"
	ctx := a.c.Request.Context()
	lenient := m.c.Counter != refuse
	ev := m.d.Audit.Row(ctx, a.key.Tenant, audit.Event{
		Type: audit.PasskeyCount, Severity: audit.Warning, ActorKind: audit.Person, Actor: a.person.ID.String(), Target: target(a.key.ID), Outcome: audit.Failure,
		Reason: "went_back", Data: map[string]any{"stored": a.key.SignCount, "sent": a.auth.Counter, "refused": !lenient},
	})
	used, err := m.d.Store.UsePasskey(ctx, storage.PasskeyUse{
		Tenant: a.key.Tenant, ID: a.key.ID, Count: int64(a.auth.Counter), Verified: a.auth.Flags.HasUserVerified(), Synced: a.auth.Flags.HasBackupState(),
		Lenient: lenient, Now: m.d.Now(),
	}, ev)
	switch {
	case err != nil:
		return failed(expected, err)
	case used == storage.PasskeyGone:
		return not("a registered passkey", "one that was just removed", "unknown")
	case used == storage.PasskeyWentBack:
		m.d.Meter.SecurityEvent(audit.PasskeyCount, audit.Warning)
		if !lenient {
			return not(expected, "one that went back", "count")
		}
	}
	return nil
}

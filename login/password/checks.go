package password

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	pw "github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxIdentifier is the longest mail address or user name that is looked up, in bytes.
const maxIdentifier = login.MaxIdentifier

// check judges an attempt; nil passes.
type check func(ctx context.Context, m *Module, a *attempt) *refusal

type row struct {
	name  string
	check check
}

// rows is the table of sign-in checks, in order. "device" and all from "person"
// to "password" refuse quietly: whatever is wrong with the account, exactly one
// hash is computed and the answer is the same (PW01, PW03).
func rows() []row {
	return []row{
		{"room", roomToHash},
		{"csrf", csrf},
		{"flow", openFlow},
		{"home", atHome},
		{"form", formShape},
		{"device", deviceAllowance},
		{"named", namedAllowance},
		{"challenge", worked},
		{"address", addressAllowance},
		{"everyone", everyoneAllowance},
		{"person", personExists},
		{"account", accountAllowance},
		{"spray", sprayAllowance},
		{"credential", passwordSet},
		{"state", personActive},
		{"password", passwordMatches},
		{"local", localSignIn},
		{"elsewhere", knownElsewhere},
		{"subject", samePerson},
	}
}

// csrf wants the token of our own form in this browser (SE02).
func csrf(_ context.Context, m *Module, a *attempt) *refusal {
	if err := m.d.Steps.CheckToken(a.c, formPurpose, a.form); err != nil {
		return &refusal{as: answerError, expected: "the form's token in this browser", received: presence(a.form.Has(session.FormField)), err: err}
	}
	return nil
}

// openFlow wants a flow that is open, of this browser and not stale.
func openFlow(_ context.Context, m *Module, a *attempt) *refusal {
	st, err := m.d.Steps.Open(a.c, a.form.Get("flow"))
	if errs.Is(err, errs.Invalid) {
		return &refusal{as: answerExpired, expected: "an open flow of this browser", received: presence(a.form.Has("flow")), err: err}
	}
	if err != nil { // without the flow there is no page to show again
		return &refusal{as: answerError, expected: "an open flow of this browser", received: "an error", err: err}
	}
	a.step = st
	return nil
}

// formShape bounds both fields before anything is looked up or hashed (PW11).
func formShape(_ context.Context, _ *Module, a *attempt) *refusal {
	expected := fmt.Sprintf("an identifier of 1 to %d bytes and a password of 1 to %d", maxIdentifier, pw.MaxBytes)
	if a.identifier == "" || a.password == "" {
		return &refusal{as: answerMissing, expected: expected, received: "an empty field"}
	}
	if len(a.identifier) > maxIdentifier {
		return &refusal{as: answerError, expected: expected, received: size(a.identifier), err: errs.New(errs.TooLarge, "The email or username is too long.")}
	}
	if _, err := pw.Normalise(a.password); err != nil {
		return &refusal{as: answerError, expected: expected, received: size(a.password), err: err}
	}
	return nil
}

// roomToHash turns away whoever would wait too long for a hash before anything else is done for them: a crowd costs next to nothing then (DS01). It knows
// nothing of the account.
func roomToHash(_ context.Context, m *Module, _ *attempt) *refusal {
	if !m.d.Hasher.Full() {
		return nil
	}
	return &refusal{as: answerCrowd, expected: "room for another hash", received: "none", wait: busyFor}
}

// busyFor is how long a crowd is asked to stay away.
const busyFor = 2 * time.Second

// deviceAllowance finds the account and, if the person has used this browser
// before, or somebody whom a directory knows by the name has, counts the
// browser's own attempts. They stand in for all allowances
// that strangers share, so that no stranger can keep the person out (PW04).
func deviceAllowance(ctx context.Context, m *Module, a *attempt) *refusal {
	const expected = "attempts left for this browser"
	p, err := m.d.People.ByIdentifier(ctx, m.d.Steps.Tenant(), a.identifier)
	if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) { // "person" refuses those
		return failed(expected, err)
	}
	if err == nil {
		a.person = p
	}
	if a.name = m.d.Steps.NameOf(a.identifier); a.person != nil && a.person.PasswordHash != "" {
		a.known = m.d.Steps.Knows(a.c, p.ID)
	} else { // a directory may know the name: an account here that has the same one without a password is somebody else (LD08)
		a.known = m.d.Steps.Knows(a.c, a.name)
	}
	if !a.known || a.take("device", m.limits.device, deviceKey(a)) {
		return nil
	}
	return quietly(expected, "none left", "device_limit")
}

// namedAllowance counts how often strangers name this account, whether it exists or not, on all nodes together. What was typed is the key: by the
// account's, one name of it would tell of another. Its answer says nothing about an account, so it may be open.
func namedAllowance(ctx context.Context, m *Module, a *attempt) *refusal {
	if a.known {
		return nil
	}
	if wait := m.d.Steps.Named(ctx, login.NamedLogin, a.identifier); wait > 0 {
		return &refusal{as: answerWait, expected: "requests left for this name", received: "none left", reason: "named_limit", wait: wait}
	}
	a.named = true
	return nil
}

// worked wants what the page asked strangers for, while the address, the name or everybody is under attack: whether the name is an account's or not.
func worked(_ context.Context, m *Module, a *attempt) *refusal {
	const expected = "work, or a wait"
	if a.known {
		return nil
	}
	ok, err := m.d.Steps.Passed(a.c, a.asked(), a.form)
	switch {
	case err != nil:
		return failed(expected, err)
	case !ok:
		return &refusal{as: answerChallenge, expected: expected, received: "none that counts"}
	}
	return nil
}

// asked is the form as the gate sees it.
func (a *attempt) asked() login.Asked {
	return login.Asked{Purpose: login.NamedLogin, Identifier: a.identifier, Flow: a.step.Sealed}
}

// addressAllowance counts attempts of one address or /64 (PW06, DS07). Its answer
// says nothing about an account, so it may be open.
func addressAllowance(_ context.Context, m *Module, a *attempt) *refusal {
	return a.open(m.limits.address, "address", ratelimit.AddrKey(httpx.ClientIP(a.c)))
}

// everyoneAllowance counts attempts of all strangers (PW06).
func everyoneAllowance(_ context.Context, m *Module, a *attempt) *refusal {
	return a.open(m.limits.everyone, "everyone", "all")
}

// personExists wants an account, or a directory to ask when nobody here has a password of the name. A local password is never tried elsewhere (LD08). The rows
// after it treat nobody like somebody.
func personExists(ctx context.Context, m *Module, a *attempt) *refusal {
	if m.d.Elsewhere != nil && (a.person == nil || a.person.PasswordHash == "") {
		var err error
		if a.elsewhere, err = m.d.Elsewhere.Serves(ctx, a.step.Flow.Client); err != nil {
			return failed("an account", err)
		}
	}
	if a.person == nil && !a.elsewhere {
		return quietly("an account", "none", "unknown")
	}
	return nil
}

// accountAllowance counts attempts at one account, whether it exists or not.
func accountAllowance(_ context.Context, m *Module, a *attempt) *refusal {
	if a.known || a.take("account", m.limits.account, accountKey(a, m.mask[:])) {
		return nil
	}
	a.waits = true
	return quietly("attempts left for this account", "none left", "account_limit")
}

// sprayAllowance counts attempts with one password at whatever accounts (PW06).
// The key is a hash under a key that dies with the process.
func sprayAllowance(_ context.Context, m *Module, a *attempt) *refusal {
	if a.known || a.waits || a.take("spray", m.limits.spray, masked(m.mask[:], "password", a.password)) {
		return nil
	}
	return quietly("a password that is not tried everywhere", "one that is", "spray_limit")
}

// passwordSet wants an account that has a password.
func passwordSet(_ context.Context, _ *Module, a *attempt) *refusal {
	if a.person != nil && a.person.PasswordHash == "" && !a.elsewhere {
		return quietly("a password", "none set", "no_password")
	}
	return nil
}

// personActive wants an account that may sign in.
func personActive(_ context.Context, _ *Module, a *attempt) *refusal {
	if a.person != nil && a.person.State != storage.PersonActive {
		return quietly("an active account", string(a.person.State), "not_active")
	}
	return nil
}

// passwordMatches computes exactly one hash, also for nobody and for whoever was
// refused already, unless a directory is asked.
func passwordMatches(ctx context.Context, m *Module, a *attempt) *refusal {
	if a.elsewhere && !a.quiet { // whose password is asked about there; pace makes up for the time
		return nil
	}
	phc := ""
	if a.person != nil {
		phc = a.person.PasswordHash
	}
	ok, outdated, err := m.d.Hasher.Verify(ctx, phc, a.password)
	if err != nil {
		return failed("the account's password", err)
	}
	if !ok || a.person == nil {
		return quietly("the account's password", "another", "wrong")
	}
	a.outdated = outdated
	return nil
}

// take counts an attempt and remembers it.
func (a *attempt) take(limit string, in *login.Attempts, key string) bool {
	ok, _ := in.Take(key)
	a.taken = append(a.taken, taken{limit: limit, in: in, key: key, counted: ok})
	return ok
}

// open is the row of a limit whose answer may be open.
func (a *attempt) open(in *login.Attempts, limit, key string) *refusal {
	if a.known {
		return nil
	}
	ok, wait := in.Take(key)
	a.taken = append(a.taken, taken{limit: limit, in: in, key: key, counted: ok})
	if ok {
		return nil
	}
	return &refusal{as: answerWait, expected: "attempts left for this " + limit, received: "none left", reason: limit + "_limit", wait: wait}
}

// deviceKey is one account in one browser.
func deviceKey(a *attempt) string {
	of := a.name
	if a.person != nil {
		of = a.person.ID
	}
	return string(a.step.Flow.Browser[:]) + string(of[:])
}

// accountKey is one account; a name that nobody has counts as one too.
func accountKey(a *attempt, mask []byte) string {
	if a.person != nil {
		return string(a.person.ID[:])
	}
	return masked(mask, "identifier", a.identifier)
}

// masked keeps what people type out of memory.
func masked(key []byte, kind, value string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(kind + ":" + value)) // a hash never fails; kinds have no colon
	return string(mac.Sum(nil)[:16])
}

func presence(there bool) string {
	if there {
		return "another"
	}
	return "none"
}

func size(s string) string { return fmt.Sprintf("%d bytes", len(s)) }

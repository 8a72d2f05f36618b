package password

import (
	"context"
	"crypto/sha1" //nolint:gosec // see sum
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	pw "github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// attempt is one submitted form on its way through the table.
type attempt struct {
	c    *gin.Context
	form url.Values

	step       *login.Step
	identifier string
	password   string                                    // as typed
	person     *storage.Person                           // whom the identifier names; nil: nobody
	name       storage.ID                                // stands for the identifier, which may be a directory's
	known      bool                                      // the person has used this browser before: strangers' allowances do not apply
	waits      bool                                      // the account's allowance is used up
	quiet      bool                                      // a row has refused without saying so
	elsewhere  bool                                      // nobody here has a password of this name, and a directory may
	inquired   bool                                      // it was
	signIn     func(c *gin.Context, sealed string) error // as whom it knows
	outdated   bool                                      // the stored hash is due for renewal
	taken      []taken
	named      bool           // counted as one that names the account
	home       *web.Connector // where the identifier belongs; nil: here
}

// taken is an attempt that was counted, or would have been.
type taken struct {
	limit   string
	in      *login.Attempts
	key     string
	counted bool
}

// submit runs the table of checks, then makes the session or answers the refusal.
func (m *Module) submit(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	a := &attempt{c: c, form: form, identifier: form.Get("identifier"), password: form.Get("password")}
	began := time.Now() // of the machine: it is a matter of how long, not of when
	verdicts, r := m.judge(a)
	if r == nil && a.signIn != nil {
		return m.acceptElsewhere(a)
	}
	if r == nil {
		return m.accept(a)
	}
	if r.as == answerWrong {
		m.pace.keep(c.Request.Context(), began, a.inquired)
	}
	verdict.Log(c.Request.Context(), m.d.Logger, "sign-in", verdicts, httpx.ErrorID(c))
	if r.reason == "" && r.as != answerChallenge { // who does not work has named the account all the same
		m.giveBack(a) // nobody's password was tried
	} else if r.reason != "" {
		m.report(a, r)
	}
	return m.answer(a, r)
}

// judge applies the rows in order. A row that refuses in the open ends it; one
// that refuses quietly does not, so that all quiet refusals do the same work.
// The answer is the open refusal if there is one, else the first quiet one.
func (m *Module) judge(a *attempt) ([]verdict.Verdict, *refusal) {
	ctx := a.c.Request.Context()
	var verdicts []verdict.Verdict
	var first *refusal
	for _, row := range rows() {
		r := row.check(ctx, m, a)
		verdicts = append(verdicts, r.verdict(row.name))
		if r == nil {
			continue
		}
		if r.as != answerWrong {
			return verdicts, r
		}
		a.quiet = true
		if first == nil {
			first = r
		}
	}
	return verdicts, first
}

// accept makes the session of a person who passed every row.
func (m *Module) accept(a *attempt) error {
	ctx := a.c.Request.Context()
	m.giveBack(a)
	m.limits.account.Clear(accountKey(a, m.mask[:]))
	m.limits.device.Clear(deviceKey(a))
	if a.outdated {
		m.rehash(ctx, a)
	}
	proof := login.Proof{ACR: "1", AMR: []string{"pwd"}, Kind: "password", Sum: sum(a.password)}
	if a.home != nil && !a.step.Proves(a.person.ID) {
		proof.Kind = "password_local" // the audit event says that an administrator went round their own service
	}
	err := m.d.Steps.Finish(a.c, a.step, a.person, proof)
	if login.Denied(err) { // the same answer as to a wrong password: who is not let in need not know that it was the right one
		r := quietly("a sign-in like the person's", "one that is not", "risk")
		m.report(a, r)
		return m.answer(a, r)
	}
	if err != nil {
		return err
	}
	m.d.Meter.AuthRequest("password", "success")
	return nil
}

// acceptElsewhere signs in as whom a directory knows. What came of it is counted there.
func (m *Module) acceptElsewhere(a *attempt) error {
	m.giveBack(a)
	m.limits.account.Clear(accountKey(a, m.mask[:]))
	m.limits.device.Clear(deviceKey(a))
	err := a.signIn(a.c, a.step.Sealed)
	if err == nil {
		m.d.Meter.AuthRequest("password", "success")
	}
	return err
}

// rehash renews the stored hash. A failure costs nothing: the next sign-in tries
// again.
func (m *Module) rehash(ctx context.Context, a *attempt) {
	phc, err := m.d.Hasher.Hash(ctx, a.password)
	if err == nil {
		err = m.d.Rehasher.RehashPassword(ctx, a.person.Tenant, a.person.ID, a.person.PasswordHash, phc)
	}
	if err != nil {
		m.d.Logger.WarnContext(ctx, "a stored hash was not renewed", slog.String("person", a.person.ID.String()), slog.Any("error", err))
	}
}

// answer is what the browser sees of a refusal.
func (m *Module) answer(a *attempt, r *refusal) error {
	switch r.as {
	case answerError:
		return r.err
	case answerExpired:
		return m.d.Steps.Refuse(a.c, r.err)
	case answerMissing:
		return m.repeat(a, http.StatusBadRequest, web.ProblemMissing, 0)
	case answerWait:
		return m.repeat(a, http.StatusTooManyRequests, "", r.wait)
	case answerBusy:
		a.c.Header("Retry-After", strconv.FormatInt(int64((r.wait+time.Second-1)/time.Second), 10))
		return m.repeat(a, http.StatusServiceUnavailable, web.ProblemUnavailable, 0)
	case answerCrowd:
		m.d.Steps.Crowded(a.c, a.form.Get("flow"), r.wait)
		return nil
	case answerChallenge:
		return m.repeat(a, http.StatusForbidden, web.ProblemChallenge, 0)
	case answerHome:
		m.d.Steps.Lead(a.c, a.step, a.home)
		return nil
	case answerOther:
		return m.repeat(a, http.StatusForbidden, problemOther, 0)
	case answerChange:
		return m.askNew(a, r.problem)
	case answerTold:
		return m.repeat(a, http.StatusForbidden, r.problem, 0)
	case answerWrong:
	}
	return m.repeat(a, http.StatusForbidden, web.ProblemCredentials, 0)
}

// repeat shows the page again with what went wrong. The identifier is kept, the
// password is not.
func (m *Module) repeat(a *attempt, status int, problem string, wait time.Duration) error {
	page, err := m.d.Steps.Page(a.c, a.step)
	if err != nil {
		return err
	}
	if typed := a.form.Get("identifier"); typed != page.Identifier {
		page.Identifier, page.IdentifierFixed, page.Reauth = typed, false, false
	}
	page.Local = a.local()
	page.Error, page.RetryAfter, page.Challenge = problem, wait, m.d.Steps.Wanted(a.c, a.asked())
	m.d.Steps.Render(a.c, status, page)
	return nil
}

func (m *Module) giveBack(a *attempt) {
	if a.named {
		m.d.Steps.Unnamed(a.c.Request.Context(), login.NamedLogin, a.identifier)
	}
	for _, t := range a.taken {
		if t.counted {
			t.in.Give(t.key)
		}
	}
	a.taken, a.named = nil, false
}

// sum is what stolen passwords are looked up by: of the text as it was hashed.
func sum(typed string) string {
	normal, err := pw.Normalise(typed)
	if err != nil {
		return ""
	}
	of := sha1.Sum([]byte(normal)) //nolint:gosec // what the collections are keyed by; no security rests on it
	return strings.ToUpper(hex.EncodeToString(of[:]))
}

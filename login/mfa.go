package login

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	mfaPath    = "/login/mfa"
	sendPath   = "/login/mfa/send"
	mfaPurpose = "mfa"
)

// secondTry is one submitted form of the second step on its way through the table.
type secondTry struct {
	c    *gin.Context
	form url.Values

	step    *Step
	half    *Half
	all     []offered
	factor  offered
	outcome Outcome
}

// showMFA asks for the second factor: the one that was chosen, or else the best.
func (m *Module) showMFA(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	st, err := m.Open(c, query.Get("flow"))
	if err != nil {
		return m.Refuse(c, err)
	}
	h, err := m.half(c.Request.Context(), st, query.Get("step"))
	if errs.Is(err, errs.NotFound) {
		return httpx.SeeOther(c, m.link("/login", st.Sealed))
	}
	if err != nil {
		return err
	}
	all, err := m.d.Second.offers(c.Request.Context(), h.Person, h.First)
	switch {
	case err != nil:
		return err
	case len(all) == 0 && h.token == "": // the dispatcher says that it cannot be had
		return m.leave(c, st, flow.StepMFA, st.Current)
	case len(all) == 0:
		return httpx.SeeOther(c, m.link("/login", st.Sealed))
	}
	return m.mfaPage(c, h, all, query.Get("factor"), mfaSays{sent: query.Has("sent")})
}

// mfaSays is what the page says beside its question.
type mfaSays struct {
	status  int // 0: OK
	problem string
	wait    time.Duration
	sent    bool // a code is on its way; where codes are sent
}

// mfaPage shows the factor of the kind, or the first of all.
func (m *Module) mfaPage(c *gin.Context, h *Half, all []offered, kind string, says mfaSays) error {
	token, err := m.d.Forms.Token(c, mfaPurpose)
	if err != nil {
		return err
	}
	at := max(0, slices.IndexFunc(all, func(o offered) bool { return o.Kind() == kind }))
	_, identifier := m.d.Names.Display(h.Person)
	page := web.MFAPage{
		Lang: m.Lang(c, h.Step), Flow: h.Step.Sealed, Step: h.token, CSRF: token, Kind: all[at].Kind(), Identifier: identifier,
		ClientName: h.Step.Client.Name, ClientLogoURI: h.Step.Client.LogoURI, Display: h.Step.Flow.Params.Get("display"),
		FormAction: web.FormActionSource(h.Step.Flow.Params.Get("redirect_uri")), Error: says.problem, RetryAfter: says.wait, CodeSent: says.sent, Lost: m.cfg.Lost,
	}
	if h.token != "" {
		terms, err := m.terms(c, m.halfArrival(c, h))
		if err != nil {
			return err
		}
		page.Remember = terms.Remember
	}
	if f, ok := all[at].Second.(Sent); ok {
		page.Sends = true
		if page.Where, err = f.Where(c.Request.Context(), h.Person); err != nil {
			return err
		}
	}
	for i, o := range all {
		if i != at {
			page.Others = append(page.Others, o.Kind())
		}
	}
	m.Render(c, cmp.Or(says.status, http.StatusOK), page)
	return nil
}

// submitMFA runs the table of checks, then makes the session or answers the refusal.
func (m *Module) submitMFA(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	a := &secondTry{c: c, form: form}
	verdicts, r := m.judgeSecond(a)
	if r == nil {
		return m.complete(a)
	}
	verdict.Log(c.Request.Context(), m.d.Second.d.Logger, "second factor", verdicts, httpx.ErrorID(c))
	m.reportSecond(a, r)
	return m.answerSecond(a, r)
}

// complete makes the session that both steps stand for, in the place of the one that was stepped up.
func (m *Module) complete(a *secondTry) error {
	h := a.half
	m.Unnamed(a.c.Request.Context(), NamedCode, h.Person.ID.String())
	in := h.join(a.factor, a.outcome)
	terms, err := m.terms(a.c, m.halfArrival(a.c, h)) // as they are now: the first factor may have been proved elsewhere
	if err != nil {
		return err
	}
	if err := m.trust(a, terms); err != nil {
		return err
	}
	cur, err := m.d.Sessions.SignIn(a.c.Request.Context(), a.c.Writer, a.c.Request, m.d.Tenant, h.Person, in)
	if err != nil {
		return err
	}
	m.learn(a.c, m.arrival(a.c, h.Step, h.Person, Proof{ACR: in.ACR, AMR: in.AMR, Kind: h.First.Kind}))
	m.d.Browsers.Remember(a.c.Writer, a.c.Request, h.Person.ID, h.First.Name)
	m.d.Second.d.Meter.AuthRequest(a.factor.Kind(), "success")
	return m.leave(a.c, h.Step, flow.StepMFA, cur)
}

func (m *Module) answerSecond(a *secondTry, r *secondRefusal) error {
	switch r.as {
	case secondExpired:
		return m.Refuse(a.c, r.err)
	case secondBegin:
		return httpx.SeeOther(a.c, m.link("/login", a.step.Sealed))
	case secondMissing:
		return m.mfaPage(a.c, a.half, a.all, a.factor.Kind(), mfaSays{status: http.StatusBadRequest, problem: web.ProblemCodeMissing, sent: true})
	case secondWait:
		return m.mfaPage(a.c, a.half, a.all, a.factor.Kind(), mfaSays{status: http.StatusTooManyRequests, wait: r.wait, sent: true})
	case secondWrong:
		return m.mfaPage(a.c, a.half, a.all, a.factor.Kind(), mfaSays{status: http.StatusForbidden, problem: web.ProblemCode, sent: true})
	case secondError:
	}
	return r.err
}

package login

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/web"
)

// rules is the table of checks before a code is sent: what the second step itself asks for, without a code. A page that is only looked at sends nothing.
func rules() []secondRow {
	return []secondRow{
		{"mfa_send.csrf", secondCSRF},
		{"mfa_send.flow", secondFlow},
		{"mfa_send.first", secondFirst},
		{"mfa_send.factor", secondFactor},
		{"mfa_send.named", secondNamed},
	}
}

// sendMFA sends a code to whoever has proved the first factor and asks for it.
func (m *Module) sendMFA(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	a := &secondTry{c: c, form: form}
	verdicts, r := m.judgeBy(rules(), a)
	if r != nil {
		verdict.Log(c.Request.Context(), m.d.Second.d.Logger, "second factor, sending", verdicts, httpx.ErrorID(c))
		return m.answerSecond(a, r)
	}
	f, ok := a.factor.Second.(Sent)
	if !ok {
		return httpx.SeeOther(c, m.link(mfaPath, a.step.Sealed, "step", a.half.token))
	}
	sent, err := f.Send(c, a.half)
	switch {
	case err != nil:
		return err
	case !sent:
		m.d.Second.d.Meter.AuthRequest(f.Kind(), "not_sent")
		return m.mfaPage(c, a.half, a.all, f.Kind(), mfaSays{status: http.StatusTooManyRequests, problem: web.ProblemCodeSends, sent: true})
	}
	return httpx.SeeOther(c, m.link(mfaPath, a.step.Sealed, "step", a.half.token, "factor", f.Kind(), "sent", "1"))
}

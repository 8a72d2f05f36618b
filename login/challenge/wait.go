package challenge

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/web"
)

// longestLine is how much longer than usual somebody stands in line.
const longestLine = 2 * time.Minute

// paths are where each purpose's form is: what a browser says of that is not read.
func paths() map[string]string {
	return map[string]string{
		login.NamedLogin: "/login", login.NamedMail: "/login/link", login.NamedSignup: "/signup", login.NamedRecovery: "/recovery", login.ForLost: "/recovery/lost",
	}
}

// wait gives a place in the line of the address, whose end is signed: nothing is kept but how long the line is. Of each address only so many wait at once, which is
// less than a browser that computes gets done, so nobody waits to save work.
func (m *Module) wait(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	purpose, flow := form.Get("purpose"), form.Get("flow")
	path, known := paths()[purpose]
	if !known {
		return errs.New(errs.Invalid, "This form is not one of ours.")
	}
	ctx := c.Request.Context()
	refused, err := verdict.Judge(ctx, m.d.Logger, "wait", httpx.ErrorID(c), &try{m: m, c: c, asked: login.Asked{Purpose: purpose}, form: form}, rows().wait)
	if err != nil {
		return err
	}
	if refused != nil {
		return httpx.SeeOther(c, m.d.Issuer+path+query(flow))
	}
	tag := ratelimit.AddrTag(httpx.ClientIP(c))
	ok, more := m.waits.Reserve(string(tag[:]), longestLine)
	if !ok {
		m.d.Meter.Challenge("wait", "refused")
		return errs.New(errs.Throttled, "Too many wait here already. Try again later.").After(more)
	}
	wait := m.c.Wait + more
	from := m.d.Now().Add(wait).Truncate(time.Second)
	pass := &token{kind: web.ChallengeWaited, from: from, until: from.Add(lifetime), nonce: fresh()}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.ChallengeWaitPage{
		Lang: m.d.Pages.Locale(c.Request, ""), Wait: wait, Path: path, Flow: flow, Pass: m.sign(pass, purpose, m.d.Browsers.Browser(c.Writer, c.Request).ID),
	})
	return nil
}

func query(flow string) string {
	if flow == "" {
		return ""
	}
	return "?" + url.Values{"flow": {flow}}.Encode()
}

package device

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// held sends who is signed in by less than the operator's rules want to do better, and back; errs.Forbidden for whom they deny, and for whoever has just done what
// they could. A session that is doubted is proved anew. done says that the browser was sent away.
func (e *Endpoint) held(c *gin.Context, v *visitor, f *found) (done bool, err error) {
	back := link(userCode(f.waiting.UserCode))
	if session.Distrusted(v.session) {
		return true, e.again(c, "/login", back)
	}
	browser, err := e.d.Sessions.Browser(c)
	if err != nil {
		return true, err
	}
	h := e.d.Rules.Hold(c.Request.Context(), core.Question{
		Act: policy.Device, Client: f.client, Session: v.session, Person: v.person, Browser: browser, Scopes: f.waiting.Scopes, Resources: f.waiting.Resources,
	})
	switch h.Lack {
	case policy.Nothing:
		return false, nil
	case policy.Fresh:
		return true, e.again(c, "/login", back)
	case policy.Class:
		best, err := e.d.StepUp.Reach(c.Request.Context(), v.session, v.person)
		if err != nil {
			return true, err
		}
		if core.MeetsACR(best, h.ACR) {
			return true, e.again(c, "/login/mfa", back)
		}
	case policy.Leave, policy.Method:
	}
	if h.Lack.Final(e.d.Now().Sub(v.session.CreatedAt)) {
		return false, errs.New(errs.Forbidden, "A rule of this server does not allow it.")
	}
	return true, e.again(c, "/login", back)
}

// again has the person sign in, though they are, and come back.
func (e *Endpoint) again(c *gin.Context, step, back string) error {
	browser, err := e.d.Sessions.Browser(c)
	if err != nil {
		return err
	}
	fl := e.d.Flows.Begin(e.d.Tenant, browser)
	fl.Return, fl.Params = back, url.Values{"prompt": {"login"}}
	sealed, err := e.d.Flows.Seal(fl)
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, e.d.Base+step+"?"+url.Values{"flow": {sealed}}.Encode())
}

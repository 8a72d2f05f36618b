package account

import (
	"cmp"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/session"
)

// freshly is signedIn for what a session alone does not open: who signed in too long ago does so again, and comes back.
func (m *Module) freshly(c *gin.Context, back string) (cur *session.Current, done bool, err error) {
	cur, done, err = m.signedIn(c, back)
	if done || err != nil {
		return nil, done, err
	}
	ok, err := m.held(c.Request.Context(), cur)
	if err != nil {
		return nil, false, err
	}
	ok = ok && m.d.Now().Sub(cur.Session.AuthTime) <= cmp.Or(m.cfg.Fresh, defaultFresh)
	if ok && m.d.Security != nil { // who has a second factor has shown it, too
		if ok, err = m.recently(c.Request.Context(), cur); err != nil {
			return nil, false, err
		}
	}
	if ok {
		return cur, false, nil
	}
	if m.d.Security != nil {
		return nil, true, m.prove(c, cur, back)
	}
	return nil, true, m.signIn(c, back, url.Values{"prompt": {"login"}})
}

package account

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/web"
)

// Scores says how well the account of who is signed in is protected.
type Scores interface {
	Score(ctx context.Context, cur *session.Current, lang string) (*web.SecurityScore, error)
}

// Recovery is that of somebody who lost every second factor; zero: none waits.
type Recovery interface {
	RecoveryWaits(ctx context.Context, cur *session.Current) (ready time.Time, err error)
}

// home greets who opens the issuer's address.
func (m *Module) home(c *gin.Context) error {
	cur, err := m.d.Sessions.Current(c.Request.Context(), c.Request, m.d.Tenant)
	if err != nil {
		return err
	}
	page := web.HomePage{Lang: m.lang(c), Signed: cur != nil, Passkeys: m.d.Passkeys}
	if cur != nil {
		name, identifier := m.d.Directory.Display(cur.Person)
		if page.Person = name; name == "" {
			page.Person = identifier
		}
		if p := cur.Person; p.TermsAt != nil {
			page.Terms = &web.TermsLine{Version: p.TermsVersion, URL: m.d.Terms, At: *p.TermsAt}
		}
		waiting, err := m.d.Approvals.Approvals(c.Request.Context(), cur)
		if err != nil {
			return err
		}
		page.Approvals = len(waiting)
		if m.d.Recovery != nil {
			if page.Recovery, err = m.d.Recovery.RecoveryWaits(c.Request.Context(), cur); err != nil {
				return err
			}
		}
		if m.d.Scores != nil {
			if page.Score, err = m.d.Scores.Score(c.Request.Context(), cur, page.Lang); err != nil {
				return err
			}
		}
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, page)
	return nil
}

// overview is the start page of who is signed in; anybody else is asked to sign in first.
func (m *Module) overview(c *gin.Context) error {
	if _, done, err := m.signedIn(c, "/account"); done || err != nil {
		return err
	}
	return m.home(c)
}

func (m *Module) lang(c *gin.Context) string { return m.d.Pages.Locale(c.Request, "") }

package password

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/login"
)

const (
	formPurpose = login.FormPurpose
	home        = "/"
	stepBack    = "back" // "Not you?"
)

// show is the sign-in page. Without a flow one begins that leads to our own
// start page.
func (m *Module) show(c *gin.Context) error {
	st, query, done, err := m.d.Steps.Arrive(c)
	if done || err != nil {
		return err
	}
	if query.Get("step") != stepBack {
		choose, err := m.d.Steps.Chooses(c, st)
		if err != nil {
			return err
		}
		if choose {
			return m.d.Steps.Choose(c, st.Sealed)
		}
	}
	local, status := query.Get("local") == "1", http.StatusOK
	if !local && query.Get("step") != stepBack {
		if status, done, err = m.d.Steps.Negotiate(c, st); done || err != nil {
			return err
		}
		to, err := m.d.Steps.Home(c, st, "", false)
		if err != nil {
			return err
		}
		if to != nil {
			m.d.Steps.LeadWith(c, st, to, status)
			return nil
		}
	}
	page, err := m.d.Steps.Page(c, st)
	if err != nil {
		return err
	}
	page.Local = local
	if query.Get("step") == stepBack {
		page.Identifier, page.IdentifierFixed, page.Reauth = "", false, false
	}
	m.d.Steps.Render(c, status, page)
	return nil
}

package password

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
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
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	if !query.Has("flow") {
		return m.d.Steps.Start(c, home)
	}
	st, err := m.d.Steps.Open(c, query.Get("flow"))
	if err != nil {
		return m.d.Steps.Refuse(c, err)
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
	page, err := m.d.Steps.Page(c, st)
	if err != nil {
		return err
	}
	if query.Get("step") == stepBack {
		page.Identifier, page.IdentifierFixed, page.Reauth = "", false, false
	}
	m.d.Steps.Render(c, http.StatusOK, page)
	return nil
}

package login

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/web"
)

// ForLost is the purpose of the form for who lost every second factor; the other forms' purposes are the Named… words.
const ForLost = "lost"

// Asked is a form that may have to be worked for.
type Asked struct {
	Purpose    string
	Identifier string // what was typed; "" before that
	Flow       string // sealed, to come back to; may be empty
}

// Challenge asks for work before a form counts, while an address or an account is under attack (login/challenge).
type Challenge interface {
	// Wanted is what the form's page asks for; the zero value asks for nothing.
	Wanted(c *gin.Context, a Asked) web.Challenge
	// Passed judges what came with the form, and spends it. A form of which nothing is wanted passes.
	Passed(c *gin.Context, a Asked, form url.Values) (bool, error)
}

// Wanted is what a form's page asks for.
func (m *Module) Wanted(c *gin.Context, a Asked) web.Challenge {
	if m.d.Challenge == nil {
		return web.Challenge{}
	}
	return m.d.Challenge.Wanted(c, a)
}

// Passed says that a form may count.
func (m *Module) Passed(c *gin.Context, a Asked, form url.Values) (bool, error) {
	if m.d.Challenge == nil {
		return true, nil
	}
	return m.d.Challenge.Passed(c, a, form)
}

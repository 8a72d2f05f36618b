package login

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// Negotiation signs in whose browser says by itself who they are (federation).
type Negotiation interface {
	// Asks says that the browser is asked to, for an application; clientID is empty for our own pages.
	Asks(c *gin.Context, clientID string) (bool, error)
	// Accept judges what it said. done says that the answer is written.
	Accept(c *gin.Context, sealed string, token []byte) (done bool, err error)
}

// Negotiate asks the browser for a ticket (RFC 4559), or judges the one that it sends. Status is the sign-in page's, which is shown unless done says that the
// answer is written: with 401, for browsers that have no ticket. It is asked once: what does not count is answered with the page alone.
func (m *Module) Negotiate(c *gin.Context, st *Step) (status int, done bool, err error) {
	if m.d.Negotiation == nil || !negotiable(st) {
		return http.StatusOK, false, nil
	}
	asks, err := m.d.Negotiation.Asks(c, st.Flow.Client)
	if err != nil || !asks {
		return http.StatusOK, false, err
	}
	token, sent := httpx.Negotiated(c.Request)
	switch {
	case !sent:
		return httpx.Negotiate(c), false, nil
	case token == nil:
		return http.StatusOK, false, nil
	}
	done, err = m.d.Negotiation.Accept(c, st.Sealed, token)
	return http.StatusOK, done, err
}

// negotiable says that a sign-in may come about without its person: nobody is signed in, who would be asked to prove it, and the application asked neither for
// that nor for a choice.
func negotiable(st *Step) bool {
	params := st.Flow.Params
	prompts := func(p string) bool { return slices.Contains(strings.Fields(params.Get("prompt")), p) }
	return st.Current == nil && !prompts("login") && !prompts("select_account") && !prompts("create") && params.Get("max_age") != "0"
}

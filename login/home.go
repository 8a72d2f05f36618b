package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Home is where somebody is led to sign in: by what they have typed, or, when typed is false, by the request, where they are and which application they come
// from. It is never told whether there is an account. nil: they sign in here.
func (m *Module) Home(c *gin.Context, st *Step, identifier string, typed bool) (*web.Connector, error) {
	if m.d.Upstreams == nil {
		return nil, nil
	}
	if !typed {
		if st.Proving() || st.Current != nil || slices.Contains(strings.Fields(st.Flow.Params.Get("prompt")), "select_account") {
			return nil, nil // they prove it as they did, or choose
		}
		identifier = printable(st.Flow.Params.Get("login_hint"))
	}
	return m.d.Upstreams.Home(c.Request.Context(), st.Flow.Client, identifier, typed, httpx.ClientIP(c))
}

// fieldProves is in the parameters of a flow of ours in which somebody proves the account that they have here: whose it is.
const fieldProves = "prove_here"

// Proving says that nothing leads them away. A client's request cannot say so.
func (st *Step) Proving() bool {
	return st.Flow.Client == "" && st.Flow.Params.Get(fieldProves) != ""
}

// Proves says that it is this account that they may prove here, wherever it belongs. Any other is led where it belongs.
func (st *Step) Proves(account storage.ID) bool {
	return st.Proving() && st.Flow.Params.Get(fieldProves) == account.String()
}

// Prove has somebody prove the account that they have here, though another service signs them in, as when the two are to be linked; then it leads to a page of ours.
func (m *Module) Prove(c *gin.Context, to string, account storage.ID) error {
	return m.begin(c, to, url.Values{"prompt": {"login"}, fieldProves: {account.String()}}, "/login")
}

// Lead shows the page that goes on to a connector. It is a page, because browsers hold what follows a form to the form's policy.
func (m *Module) Lead(c *gin.Context, st *Step, to *web.Connector) {
	m.LeadWith(c, st, to, http.StatusOK)
}

// LeadWith does so with another status.
func (m *Module) LeadWith(c *gin.Context, st *Step, to *web.Connector, status int) {
	m.Render(c, status, web.ElsewherePage{Lang: m.Lang(c, st), Flow: st.Sealed, ClientName: st.Client.Name, Connector: *to})
}

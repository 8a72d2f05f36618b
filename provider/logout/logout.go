package logout

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Sessions finds and ends the session of a request.
type Sessions interface {
	CurrentSession(c *gin.Context) (*storage.Session, error) // nil, nil when nobody is signed in
	SignOut(c *gin.Context, reason string) error
}

// Forms protects the confirmation.
type Forms interface {
	Token(c *gin.Context, purpose string) (string, error)
	Check(c *gin.Context, purpose string, form url.Values) error
}

// Pages renders what a person sees of this endpoint.
type Pages interface {
	ErrorPage(c *gin.Context, status int, code, description, errorID string) error
	Confirm(c *gin.Context, csrf, clientName, formAction string, hidden [][2]string) error
	Done(c *gin.Context, clientName, backURL string) error
}

// Endpoint is the end-session endpoint.
type Endpoint struct {
	Issuer   string
	Base     string
	Clients  *core.Clients
	Signer   core.Signer
	Sessions Sessions
	Forms    Forms
	Pages    Pages
	Log      core.RefusalLog
}

const (
	path    = "/oauth2/logout"
	purpose = "logout"
)

// Mount adds the routes. A client's POST comes from another site and carries no cookie worth believing: it becomes a GET. The confirmation's POST
// proves itself by its form token.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, path, httpx.Page, e.get)
	r.Handle(http.MethodPost, path, httpx.Page.CrossSite(), e.post)
	r.Handle(http.MethodGet, "/logout", httpx.Page, func(c *gin.Context) error { return redirect(c, e.Base+path) })
}

// params are the request's parameters that matter, and travel through the confirmation.
func params() []string {
	return []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"}
}

func (e *Endpoint) get(c *gin.Context) error {
	q, err := httpx.Query(c)
	if err != nil {
		return err
	}
	r, err := e.judge(c, q)
	if err != nil {
		return e.refuse(c, r, err)
	}
	session, err := e.Sessions.CurrentSession(c)
	if err != nil {
		return err
	}
	if session == nil || (r.hint != nil && r.hint.Session == session.ID.String()) {
		return e.finish(c, r)
	}
	csrf, err := e.Forms.Token(c, purpose)
	if err != nil {
		return err
	}
	return e.Pages.Confirm(c, csrf, r.clientName(), web.FormActionSource(r.back), r.hidden())
}

func (e *Endpoint) post(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if !form.Has("csrf") {
		return redirect(c, e.Base+path+"?"+(&request{Params: form}).query())
	}
	if err := e.Forms.Check(c, purpose, form); err != nil {
		return err
	}
	r, err := e.judge(c, form)
	if err != nil {
		return e.refuse(c, r, err)
	}
	return e.finish(c, r)
}

// finish ends the session, if there is one, and leads on.
func (e *Endpoint) finish(c *gin.Context, r *request) error {
	if err := e.Sessions.SignOut(c, "logout"); err != nil {
		return err
	}
	if r.back == "" {
		return e.Pages.Done(c, "", "")
	}
	to := r.back
	if state := r.Params.Get("state"); state != "" {
		sep := "?"
		if u, err := url.Parse(to); err == nil && u.RawQuery != "" {
			sep = "&"
		}
		to += sep + url.Values{"state": {state}}.Encode()
	}
	return redirect(c, to)
}

func (e *Endpoint) judge(c *gin.Context, q url.Values) (*request, error) {
	r := &request{e: e, Params: q}
	vs, err := core.Run(c.Request.Context(), Rows(), r)
	r.verdicts = vs
	return r, err
}

func (e *Endpoint) refuse(c *gin.Context, r *request, err error) error {
	refusal := core.AsRefusal(err)
	id, ctx, status := httpx.ErrorID(c), c.Request.Context(), refusal.Err.CodeField
	verdict.Log(ctx, e.Log.Log, "logout", r.verdicts, id)
	if status >= http.StatusInternalServerError {
		e.Log.Refused(ctx, "logout", refusal)
	}
	if status == http.StatusServiceUnavailable {
		c.Writer.Header().Set("Retry-After", "1")
	}
	return e.Pages.ErrorPage(c, status, refusal.Err.ErrorField, refusal.Err.DescriptionField, id)
}

func redirect(c *gin.Context, to string) error {
	c.Writer.Header().Set("Location", to)
	c.Writer.WriteHeader(http.StatusSeeOther)
	return nil
}

package logout

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Sessions finds and ends the session of a request.
type Sessions interface {
	// SignedInHere are the session of who is signed in, nil for nobody, and those of others who are signed in in the same browser.
	SignedInHere(c *gin.Context) (cur *storage.Session, others []*storage.Session, err error)
	SignOut(c *gin.Context, s *storage.Session, reason string) error
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
	Leaving(c *gin.Context, clientName string, frames []string, next string) error
}

// Participants finds who is told when a session ends.
type Participants interface {
	Participants(ctx context.Context, tenant, session storage.ID) ([]storage.Participant, error)
}

// Elsewhere are those who are told of the end of a session by the browser itself, which passes by them (SAML applications).
type Elsewhere interface {
	// Leave is where the browser goes for that, and from there to next; "" when there is nobody to tell.
	Leave(c *gin.Context, session storage.ID, next string) (string, error)
}

// Endpoint is the end-session endpoint.
type Endpoint struct {
	Tenant       storage.ID
	Issuer       string
	Base         string
	Clients      *core.Clients
	Signer       core.Signer
	Sessions     Sessions
	Participants Participants
	Elsewhere    []Elsewhere // in the order in which the browser passes by them; nil ones are left out
	Forms        Forms
	Pages        Pages
	Log          core.RefusalLog
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
	who, err := e.who(c, r.hint)
	if err != nil {
		return err
	}
	if who == nil || who.named(r.hint) {
		return e.finish(c, r, who)
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
	who, err := e.who(c, r.hint)
	if err != nil {
		return err
	}
	return e.finish(c, r, who)
}

// signedIn is the browser's session and who takes part in it.
type signedIn struct {
	session *storage.Session
	parts   []storage.Participant
}

// who is the session to end: the one of this browser that the hint names, else the current one; nil when nobody is signed in.
func (e *Endpoint) who(c *gin.Context, hint *core.IDTokenHint) (*signedIn, error) {
	now, others, err := e.Sessions.SignedInHere(c)
	if err != nil {
		return nil, err
	}
	cur, err := e.taking(c, now)
	if err != nil || hint == nil || cur != nil && cur.named(hint) {
		return cur, err
	}
	for _, other := range others {
		named, err := e.taking(c, other)
		if err != nil || named.named(hint) {
			return named, err
		}
	}
	return cur, nil
}

// taking is a session with who takes part in it; nil for none.
func (e *Endpoint) taking(c *gin.Context, session *storage.Session) (*signedIn, error) {
	if session == nil {
		return nil, nil
	}
	parts, err := e.Participants.Participants(c.Request.Context(), e.Tenant, session.ID)
	return &signedIn{session, parts}, err
}

// named reports whether a hint is about this very session: as it is named now, or was when the client's ID token was made.
func (s *signedIn) named(hint *core.IDTokenHint) bool {
	if hint == nil || hint.Session == "" {
		return false
	}
	same := func(p storage.Participant) bool {
		return p.SID.String() == hint.Session && p.Subject == hint.Subject && slices.Contains(hint.Audience, p.Client.ClientID)
	}
	return hint.Session == s.session.ID.String() || slices.ContainsFunc(s.parts, same)
}

// finish ends the session, if there is one, lets the browser tell those who asked for that, and leads on.
func (e *Endpoint) finish(c *gin.Context, r *request, who *signedIn) error {
	if who != nil {
		if err := e.Sessions.SignOut(c, who.session, "logout"); err != nil {
			return err
		}
	}
	next := r.back
	if state := r.Params.Get("state"); next != "" && state != "" {
		next = withQuery(next, url.Values{"state": {state}})
	}
	if who != nil {
		told, by, err := e.after(c, who, next)
		if err != nil {
			return err
		}
		away := by != next
		next = by
		// Browsers hold what follows a form to the form's policy, which knows nothing of those elsewhere: a page lies between.
		if len(told) > 0 || away && c.Request.Method == http.MethodPost {
			return e.Pages.Leaving(c, r.clientName(), told, next)
		}
	}
	if next == "" {
		return e.Pages.Done(c, "", "")
	}
	return redirect(c, next)
}

// After is what a browser still does when a session of it ends: it shows the frames in which applications hear of that, and goes to by, which passes by all who
// are told elsewhere and comes to next in the end.
func (e *Endpoint) After(c *gin.Context, session *storage.Session, next string) (frames []string, by string, err error) {
	who, err := e.taking(c, session)
	if err != nil || who == nil {
		return nil, next, err
	}
	return e.after(c, who, next)
}

func (e *Endpoint) after(c *gin.Context, who *signedIn, next string) (told []string, by string, err error) {
	by, err = e.elsewhere(c, who.session.ID, next)
	return frames(e.Issuer, who.parts), by, err
}

// elsewhere is where the browser goes so that it passes by all who are told by it, and comes to next in the end.
func (e *Endpoint) elsewhere(c *gin.Context, session storage.ID, next string) (string, error) {
	for _, to := range slices.Backward(e.Elsewhere) {
		if to == nil {
			continue
		}
		by, err := to.Leave(c, session, next)
		if err != nil {
			return "", err
		}
		next = cmp.Or(by, next)
	}
	return next, nil
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

package federation

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/web"
)

// UnaskedTaker takes what nobody here asked for, where the operator lets it: people begin at the upstream's own page of applications (SAML profiles section 4.1.5).
type UnaskedTaker interface {
	Redirector
	// TakesUnasked says that the operator wants it so; Complete is then called without what a departure kept.
	TakesUnasked() bool
}

// Applications knows where applications begin a sign-in.
type Applications interface {
	// StartURL is the application's initiate_login_uri with our issuer (OpenID Connect Core section 4); "" when it has none, errs.NotFound for no application.
	StartURL(ctx context.Context, clientID string) (string, error)
}

// lands says whether people who come by themselves are taken.
func (r *Ready) lands() bool {
	takes, ok := r.Connector.(UnaskedTaker)
	return ok && takes.TakesUnasked() && r.Settings.Lands != ""
}

// unasked signs in whoever an upstream sends by itself, and leads them to the one application that the operator named for that. Nothing that comes with them is an
// address, and in the place of somebody else who is signed in nobody is: another site's page can send such a form.
func (m *Module) unasked(c *gin.Context, params url.Values) error {
	ctx := c.Request.Context()
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	takes, ok := from.Connector.(UnaskedTaker)
	if !ok || !from.lands() {
		return m.lost(c)
	}
	t := &trip{Connector: from.Row.ID, Began: m.d.Now()}
	id, err := takes.Complete(ctx, Arrival{Began: t.Began, Method: c.Request.Method, Params: params})
	if err == nil {
		err = m.noOtherHere(c, from, id)
	}
	var no *Refusal
	if errors.As(err, &no) {
		return m.refused(c, t, from, no)
	}
	if err != nil {
		return err
	}
	if t.Flow, err = m.d.Pages.Begin(c, "/federation/"+from.Row.Name+"/landed"); err != nil {
		return err
	}
	return m.identified(c, t, from, id)
}

// stranger answers a browser that has never been here. Only where people come by themselves is there something to hope for: it is made known, and sends the form again.
func (m *Module) stranger(c *gin.Context, params url.Values) error {
	source := m.landingSource(c)
	if source == "" || c.Query("again") != "" {
		return m.lost(c)
	}
	m.d.Browsers.Browser(c.Writer, c.Request)
	return m.post(c, "", m.resumeAt(c)+"?again=1", params, source)
}

func (m *Module) noOtherHere(c *gin.Context, from *Ready, id *Identity) error {
	cur, err := m.d.Pages.Current(c)
	if err != nil || cur == nil {
		return err
	}
	l, err := m.d.Store.LinkByKey(c.Request.Context(), m.d.Tenant, from.Row.ID, m.keys(from, id))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if err != nil || l.Person != cur.Person.ID {
		return &Refusal{Check: "unasked.person", Expected: "nobody, or the same person, to be signed in in this browser", Received: "another", Reason: "person"}
	}
	return nil
}

// landed leads on to the application, which begins a sign-in of its own.
func (m *Module) landed(c *gin.Context) error {
	from, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector"))
	if err != nil {
		return err
	}
	to, err := m.landing(c.Request.Context(), from)
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, to)
}

func (m *Module) landing(ctx context.Context, from *Ready) (string, error) {
	nowhere := errs.New(errs.NotFound, "There is no application to go to.")
	if !from.lands() {
		return "", nowhere
	}
	to, err := m.d.Applications.StartURL(ctx, from.Settings.Lands)
	if err == nil && to == "" {
		err = nowhere
	}
	return to, err
}

// landingSource is the policy's source of where a form of the upstream may lead that nobody asked for.
func (m *Module) landingSource(c *gin.Context) string {
	from, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector"))
	if err != nil || c.Request.Method != http.MethodPost {
		return ""
	}
	to, err := m.landing(c.Request.Context(), from)
	if err != nil {
		return ""
	}
	return web.FormActionSource(to)
}

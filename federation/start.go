package federation

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/web"
)

// start sends the browser to an upstream. It is a link, because browsers hold what follows a form to the form's policy. Nobody is sent by a link of
// somebody else's: the flow that it carries opens in the browser in which it began alone (FE14), and what a link on a person's own pages leads to is
// confirmed before anything changes.
func (m *Module) start(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	to, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector"))
	if err != nil {
		return err
	}
	if query.Has("link") {
		return m.startOwn(c, to)
	}
	v, err := m.d.Flows.Visit(c, query.Get("flow"))
	if err != nil {
		return m.d.Flows.Refuse(c, err)
	}
	if !to.Settings.Serves(v.Client) {
		return errs.New(errs.NotFound, "There is no such way to sign in.")
	}
	wish := wishOf(v)
	if to.Settings.Hint {
		wish.Hint = hint(v.Params.Get("login_hint"))
	}
	t := &trip{Flow: v.Sealed, Then: web.FormActionSource(v.Params.Get("redirect_uri")), Wish: wish}
	return m.quietly(c, t, m.send(c, to, t))
}

// wishOf is what the request wants of a sign-in. Of its parameters only these go on, each read by us (FE13).
func wishOf(v *Visit) Wish {
	prompts := strings.Fields(v.Params.Get("prompt"))
	w := Wish{Fresh: slices.Contains(prompts, "login"), Silent: slices.Contains(prompts, "none"), ACR: strings.Fields(v.Params.Get("acr_values")), Locales: hint(v.Params.Get("ui_locales"))}
	if age, err := strconv.Atoi(v.Params.Get("max_age")); err == nil && age >= 0 {
		w.MaxAge = time.Duration(age) * time.Second
		w.Fresh = w.Fresh || age == 0
	}
	return w
}

// hint keeps one line of ordinary text.
func hint(s string) string {
	if len(s) > 256 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	return s
}

// send keeps the trip and sends the browser away.
func (m *Module) send(c *gin.Context, to *Ready, t *trip) error {
	away, ok := to.Connector.(Redirector)
	if !ok {
		return errs.New(errs.NotFound, "There is no such way to sign in.")
	}
	t.Connector, t.Began = to.Row.ID, m.d.Now()
	t.Wish.State, t.Wish.CallbackURL = secret(), m.d.Issuer+"/federation/"+to.Row.Name+"/callback"
	d, err := away.Begin(c.Request.Context(), t.Wish)
	if err != nil {
		return err
	}
	t.Kept = d.Kept
	if err := m.depart(c, byState, t.Wish.State, t); err != nil {
		return err
	}
	if d.Form == nil {
		return httpx.SeeOther(c, d.URL)
	}
	return m.post(c, t.Flow, d.URL, d.Form, "https:")
}

// post has the browser send a form: to the upstream, or on to a page of ours. then is the source of where it may lead in the end.
func (m *Module) post(c *gin.Context, sealed, action string, fields url.Values, then string) error {
	page := web.RelayPage{Action: action, Then: then}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		page.Fields = append(page.Fields, [2]string{name, fields.Get(name)})
	}
	return m.d.Pages.Render(c, http.StatusOK, sealed, func(lang string) web.Page {
		page.Lang = lang
		return page
	})
}

package app

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/login/required"
)

// required is the one judge of what people must do before anything else.
func (s *server) required() *required.Rules {
	return &required.Rules{Terms: s.Config.Terms, VerifyEmail: s.Config.Account.VerifyEmail, People: s.Directory, Attributes: s.Attributes}
}

func (s *server) makeRequired() error {
	codes, err := s.sentCodes()
	if err != nil {
		return err
	}
	asks, err := s.mostAsks()
	if err != nil {
		return err
	}
	m, err := required.New(required.Deps{
		Steps: s.login, Rules: s.required(), People: s.DB, Directory: s.Directory, Sessions: s.sessions, Hasher: s.Hasher, Policy: s.Policy,
		MinLength: s.Config.Passwords.MinLength, Codes: codes, Notify: s.Notify, Asks: asks, Tx: s.DB, Audit: s.Audit, Now: s.Now,
	})
	s.mailed = append(s.mailed, m)
	return err
}

// gated mounts routes. Whoever must do something first gets no page behind the gate, whichever feature it belongs to: pages that are made later are
// behind it without a word of theirs.
type gated struct{ s *server }

// Handle implements httpx.Router.
func (g gated) Handle(method, path string, guard httpx.Guard, h httpx.Handler) {
	if behindGate(path) {
		h = g.s.first(path, h)
	}
	g.s.engine.Handle(method, path, guard, h)
}

// behindGate names the pages that act for who is signed in, beside the authorization endpoint, whose table has a row for it. Calling off a change of one's
// address needs no session and stays open.
func behindGate(path string) bool {
	if path == "/account/email/keep" {
		return false
	}
	for _, root := range []string{"/account", "/device", "/login/passkey/offer"} {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return path == "/"
}

// stayOpen names the pages by which whoever does not accept the terms, or tell more of themselves, takes their data along and leaves (GDPR articles 15, 17
// and 20).
func stayOpen(path string, due []string) bool {
	protects := func(action string) bool { return action != required.AcceptTerms && action != required.CompleteProfile }
	return (path == "/account/export" || path == "/account/delete") && !slices.ContainsFunc(due, protects)
}

// first sends who must do something to the page for it, and from there back.
func (s *server) first(path string, h httpx.Handler) httpx.Handler {
	rules := s.required()
	return func(c *gin.Context) error {
		cur, err := s.sessions.Current(c.Request.Context(), c.Request, s.Tenant)
		if err != nil || cur == nil {
			return passed(c, h, err)
		}
		due, err := rules.Open(cur.Person)
		if err != nil || len(due) == 0 || stayOpen(path, due) {
			return passed(c, h, err)
		}
		sealed, err := s.backTo(c)
		if err != nil {
			return err
		}
		return httpx.SeeOther(c, s.Config.Issuer+required.Path+"?"+url.Values{"flow": {sealed}}.Encode())
	}
}

func passed(c *gin.Context, h httpx.Handler, err error) error {
	if err != nil {
		return err
	}
	return h(c)
}

// backTo is a flow to what was asked for: the open sign-in that a page was part of, else the page. After a form, which was not taken, it is the start of
// the pages that the form belongs to.
func (s *server) backTo(c *gin.Context) (sealed string, err error) {
	if query, err := httpx.Query(c); err == nil && query.Has("flow") {
		return query.Get("flow"), nil
	}
	fl := s.flows.Begin(s.Tenant, s.sessions.Browser(c.Writer, c.Request).ID)
	path, query := strings.TrimPrefix(c.Request.URL.EscapedPath(), s.base()), c.Request.URL.RawQuery
	switch {
	case c.Request.Method == http.MethodGet && path != "" && len(path)+len(query) < 512:
		if fl.Return = path; query != "" {
			fl.Return += "?" + query
		}
	case strings.HasPrefix(path, "/device"):
		fl.Return = "/device"
	default:
		fl.Return = "/account"
	}
	if sealed, err = s.flows.Seal(fl); err != nil { // an address that nobody is led back to
		fl.Return = "/account"
		sealed, err = s.flows.Seal(fl)
	}
	return sealed, err
}

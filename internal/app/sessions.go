package app

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/provider/authorize"
	"github.com/jedan-auth/jedan-auth/storage"
)

// browserSessions shows the session manager to the provider.
type browserSessions struct {
	m      *session.Manager
	tenant storage.ID
	risk   *risks
}

func (s *browserSessions) current(c *gin.Context) (*session.Current, error) {
	cur, err := s.m.Current(c.Request.Context(), c.Request, s.tenant)
	if err == nil {
		s.m.Watched(c.Request.Context(), c.Writer, c.Request, cur)
	}
	return cur, err
}

// BrowserState implements checksession.Browsers.
func (s *browserSessions) BrowserState(c *gin.Context) (string, error) {
	cur, err := s.current(c)
	if err != nil {
		return "", err
	}
	return s.m.Watched(c.Request.Context(), c.Writer, c.Request, cur), nil
}

// Current implements authorize.Sessions.
func (s *browserSessions) Current(c *gin.Context) (*authorize.SignedIn, error) {
	cur, err := s.current(c)
	if err != nil || cur == nil {
		return nil, err
	}
	doubt, score := s.risk.doubt(c.Request, cur)
	return &authorize.SignedIn{Session: cur.Session, Person: cur.Person, Doubt: doubt, Score: score}, nil
}

// Browser implements authorize.Sessions.
func (s *browserSessions) Browser(c *gin.Context) ([16]byte, error) {
	return s.m.Browser(c.Writer, c.Request).ID, nil
}

// SignedInHere implements logout.Sessions.
func (s *browserSessions) SignedInHere(c *gin.Context) (cur *storage.Session, others []*storage.Session, err error) {
	now, err := s.current(c)
	if err != nil {
		return nil, nil, err
	}
	if now != nil {
		cur = now.Session
	}
	rest, err := s.m.Others(c.Request.Context(), c.Request, s.tenant)
	for _, other := range rest {
		others = append(others, other.Session)
	}
	return cur, others, err
}

// SignOut implements logout.Sessions.
func (s *browserSessions) SignOut(c *gin.Context, ending *storage.Session, reason string) error {
	return s.m.SignOut(c.Request.Context(), c.Writer, c.Request, &session.Current{Session: ending}, reason)
}

// SignedIn implements device.Sessions. A session that is not trusted was proved long ago.
func (s *browserSessions) SignedIn(c *gin.Context) (*storage.Session, *storage.Person, error) {
	cur, err := s.current(c)
	if err != nil || cur == nil {
		return nil, nil, err
	}
	if !s.risk.Trusts(c.Request, cur) {
		session.Distrust(cur.Session)
	}
	return cur.Session, cur.Person, nil
}

// claims shows the directory to the provider.
type claims struct {
	d          *directory.Directory
	attributes *attributes.Set
}

// ClaimsOf implements core.Directory. Attributes have the names of their claims; those that no claim carries are not among them, whatever they are called.
func (c claims) ClaimsOf(p *storage.Person) (map[string]any, error) {
	own, err := c.d.Claims(p)
	if err != nil {
		return nil, err
	}
	return c.attributes.Named(own), nil
}

// PersonByIdentifier implements ciba.People.
func (c claims) PersonByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error) {
	return c.d.ByIdentifier(ctx, tenant, identifier)
}

// PersonByEmail implements core.EmailFinder: an address that nobody has proven is nobody's.
func (c claims) PersonByEmail(ctx context.Context, tenant storage.ID, email string) (*storage.Person, error) {
	nobody := errs.New(errs.NotFound, "There is no such person.")
	if !strings.ContainsRune(email, '@') { // it would be looked up as a user name
		return nil, nobody
	}
	p, err := c.d.ByIdentifier(ctx, tenant, email)
	if err != nil {
		return nil, err
	}
	own, err := c.d.Claims(p)
	if err != nil {
		return nil, err
	}
	if !own.Bool("email_verified") {
		return nil, nobody
	}
	return p, nil
}

package discovery

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
)

// Keys renders the JWKS.
type Keys interface {
	JWKS() (body []byte, etag string, maxAge time.Duration)
}

// Endpoint serves the documents.
type Endpoint struct {
	issuer   string
	document *httpx.Prepared
	api      *httpx.Prepared // the metadata of our API as a protected resource
	userinfo *httpx.Prepared // that of its one endpoint
	keys     Keys
	set      atomic.Pointer[httpx.Prepared] // of the keys as they were last asked for
}

const userinfoPath = "/oauth2/userinfo"

// documentAge is how long clients may keep the metadata; it changes only with a new release or configuration.
const documentAge = "public, max-age=300"

// Features are what the configuration switches on.
type Features struct {
	Registration bool // dynamic client registration (RFC 7591)
	Documents    bool // client ID metadata documents

	RequirePushed bool     // no request is taken that was not pushed (RFC 9126)
	References    bool     // request_uri is followed (RFC 9101)
	EncryptedTo   []string // algorithms that a key of ours is published for
	Binding       Binding
	Vocabulary    *core.Vocabulary // scopes and claims about people
	DetailTypes   []string         // of authorization details (RFC 9396)
	Assertions    bool             // the configuration trusts other issuers (RFC 7523)
	CheckSession  bool             // there is a check_session_iframe
	Signup        bool             // people may make an account
	Classes       []string         // of sign-ins that this installation reaches beside the usual ones

	Offer profiles.Offer // what the profile of the whole server leaves
}

// New renders the metadata of an issuer.
func New(issuer string, keys Keys, on Features) (*Endpoint, error) {
	d := build(issuer, on)
	e := &Endpoint{issuer: issuer, keys: keys}
	for _, p := range []struct {
		to   **httpx.Prepared
		what any
	}{{&e.document, d}, {&e.api, protectedResource(d, issuer)}, {&e.userinfo, protectedResource(d, d.Userinfo)}} {
		var err error
		if *p.to, err = prepare(p.what); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Mount adds the routes.
func (e *Endpoint) Mount(r httpx.Router) {
	g := httpx.Document.CORSAny()
	r.Handle(http.MethodGet, "/.well-known/openid-configuration", g.Prepared(e.metadata), nil)
	r.Handle(http.MethodGet, "/.well-known/oauth-authorization-server", g.Prepared(e.metadata), nil)
	r.Handle(http.MethodGet, "/.well-known/jwks.json", g.Prepared(e.jwks), nil)
	r.Handle(http.MethodGet, protectedPath, g.Prepared(func() *httpx.Prepared { return e.api }), nil)
	r.Handle(http.MethodGet, protectedPath+userinfoPath, g.Prepared(func() *httpx.Prepared { return e.userinfo }), nil)
	r.Handle(http.MethodGet, "/.well-known/webfinger", g, e.webfinger)
}

func (e *Endpoint) metadata() *httpx.Prepared { return e.document }

func (e *Endpoint) jwks() *httpx.Prepared {
	body, etag, age := e.keys.JWKS()
	p := e.set.Load()
	if p == nil || p.ETag() != etag { // how long it may be kept is configuration
		p = httpx.NewPrepared(body, etag, "public, max-age="+strconv.Itoa(int(age/time.Second)), "application/jwk-set+json")
		e.set.Store(p)
	}
	return p
}

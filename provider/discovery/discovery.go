package discovery

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// Keys renders the JWKS.
type Keys interface {
	JWKS() (body []byte, etag string, maxAge time.Duration)
}

// Endpoint serves the documents.
type Endpoint struct {
	document *answer
	keys     Keys
	set      atomic.Pointer[answer] // of the keys as they were last asked for
}

// documentAge is how long clients may keep the metadata; it changes only with a new release or configuration.
const documentAge = "public, max-age=300"

// New renders the metadata of an issuer.
func New(issuer string, keys Keys) (*Endpoint, error) {
	raw, err := json.Marshal(build(issuer))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return &Endpoint{document: newAnswer(raw, etag, documentAge, "application/json"), keys: keys}, nil
}

// Mount adds the routes.
func (e *Endpoint) Mount(r httpx.Router) {
	g := httpx.Document.CORSAny()
	r.Handle(http.MethodGet, "/.well-known/openid-configuration", g, e.metadata)
	r.Handle(http.MethodGet, "/.well-known/oauth-authorization-server", g, e.metadata)
	r.Handle(http.MethodGet, "/.well-known/jwks.json", g, e.jwks)
}

func (e *Endpoint) metadata(c *gin.Context) error {
	return e.document.send(c)
}

func (e *Endpoint) jwks(c *gin.Context) error {
	body, etag, age := e.keys.JWKS()
	a := e.set.Load()
	if a == nil || a.etag[0] != etag { // how long it may be kept is configuration
		a = newAnswer(body, etag, "public, max-age="+strconv.Itoa(int(age/time.Second)), "application/jwk-set+json")
		e.set.Store(a)
	}
	return a.send(c)
}

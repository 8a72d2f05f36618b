package discovery

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
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
	etag string
	raw  []byte
	keys Keys
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
	return &Endpoint{
		raw: raw, keys: keys, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
	}, nil
}

// Mount adds the routes.
func (e *Endpoint) Mount(r httpx.Router) {
	g := httpx.Document.CORSAny()
	r.Handle(http.MethodGet, "/.well-known/openid-configuration", g, e.metadata)
	r.Handle(http.MethodGet, "/.well-known/oauth-authorization-server", g, e.metadata)
	r.Handle(http.MethodGet, "/.well-known/jwks.json", g, e.jwks)
}

func (e *Endpoint) metadata(c *gin.Context) error {
	return send(c, e.raw, e.etag, documentAge, "application/json")
}

func (e *Endpoint) jwks(c *gin.Context) error {
	body, etag, age := e.keys.JWKS()
	return send(c, body, etag, "public, max-age="+strconv.Itoa(int(age/time.Second)), "application/jwk-set+json")
}

func send(c *gin.Context, body []byte, etag, cache, contentType string) error {
	h := c.Writer.Header()
	h["Etag"] = []string{etag}
	h["Cache-Control"] = []string{cache}
	if c.GetHeader("If-None-Match") == etag {
		c.Writer.WriteHeader(http.StatusNotModified)
		return nil
	}
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.Writer.WriteHeader(http.StatusOK)
	_, err := c.Writer.Write(body)
	return err
}

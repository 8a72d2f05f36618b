package discovery

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// relIssuer is the one link that we know (OpenID Connect Discovery section 2).
const relIssuer = "http://openid.net/specs/connect/1.0/issuer"

const maxResource = 512

// descriptor is a JSON Resource Descriptor (RFC 7033 section 4.4).
type descriptor struct {
	Subject string `json:"subject"`
	Links   []link `json:"links"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// webfinger says where to sign in. The answer is the same for every account, whether there is one or not: it says nothing about people.
func (e *Endpoint) webfinger(c *gin.Context) error {
	q, err := httpx.Query(c, "rel")
	if err != nil {
		return err
	}
	resource := q.Get("resource")
	if !named(resource) {
		return errs.New(errs.Invalid, "The resource must be an account (acct:user@host) or an https URL.")
	}
	d := descriptor{Subject: resource, Links: []link{}}
	if rels := q["rel"]; len(rels) == 0 || slices.Contains(rels, relIssuer) {
		d.Links = append(d.Links, link{Rel: relIssuer, Href: e.issuer})
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "application/jrd+json")
	h.Set("Cache-Control", documentAge)
	c.Writer.WriteHeader(http.StatusOK)
	_, err = c.Writer.Write(raw)
	return err
}

// named reports whether a resource is one of the forms of OpenID Connect Discovery section 2.1.
func named(resource string) bool {
	u, err := url.Parse(resource)
	if err != nil || len(resource) > maxResource {
		return false
	}
	if u.Scheme == "https" {
		return u.Host != ""
	}
	user, host, ok := strings.Cut(u.Opaque, "@")
	return u.Scheme == "acct" && ok && user != "" && host != ""
}

package httpx

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

const wellKnown = "/.well-known/"

func trimSlash(path string) string { return strings.TrimRight(path, "/") }

// places are where a path is mounted. Below an issuer with a path, a well-known
// document is at OpenID Connect Discovery's place (issuer path first) and at
// RFC 8414's (issuer path last).
func (e *Engine) places(path string) []string {
	if e.base == "" || !strings.HasPrefix(path, wellKnown) {
		return []string{e.base + path}
	}
	return []string{e.base + path, path + e.base}
}

// Path is where the issuer's own path leads: base path and p, without the host.
func (e *Engine) Path(p string) string { return e.base + p }

// SeeOther answers a POST with the page to go on with. Target is a path of ours
// (LocalPath), or a URI that the caller has validated.
func SeeOther(c *gin.Context, target string) error {
	c.Header("Location", target)
	c.Status(http.StatusSeeOther)
	c.Writer.WriteHeaderNow()
	return nil
}

// LocalPath accepts target only as a path on this origin, with or without a
// query: what a browser could read as another host is refused (CWE-601).
func LocalPath(target string) (string, bool) {
	if len(target) > MaxPath || !strings.HasPrefix(target, "/") || !printableASCII(target) || strings.ContainsAny(target, "\\#") {
		return "", false
	}
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return "", false
	}
	// Decoded once more, as lenient software does: "/%5cevil", "/%2fevil", "/%09/evil".
	if strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "\\") || !printableASCII(u.Path) {
		return "", false
	}
	return target, true
}

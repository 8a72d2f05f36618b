package httpx

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// canonicalHost lower-cases a Host and drops the scheme's default port.
func canonicalHost(host, scheme string) (string, error) {
	if host == "" || strings.ContainsAny(host, "/\\@?# \t") {
		return "", errors.New("not a host")
	}
	host = strings.ToLower(host)
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return host, nil // no port
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil && port != "" {
		return "", errors.New("not a port")
	}
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return name, nil
	}
	return name + ":" + port, nil
}

// isLoopbackHost reports whether a host[:port] names this machine to itself.
func isLoopbackHost(host string) bool {
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}

// checkHost answers for the issuer's host alone. A GET for another loopback name
// of a loopback issuer is sent to the issuer; everything else is 421, so that no
// link, cookie or cache entry is ever made for a name that a stranger chose.
func (e *Engine) checkHost(c *gin.Context, st *state, rt *route) (done bool, err error) {
	host := e.requestHost(c.Request, st)
	if host != e.host { // mostly it is, letter by letter
		if host, err = canonicalHost(host, e.cfg.Issuer.Scheme); err != nil {
			return false, errs.New(errs.Misdirected, "")
		}
	}
	if host != e.host && !e.aliased(host, rt) {
		if e.loopback && isLoopbackHost(host) && safe(c.Request.Method) {
			e.redirectToIssuer(c)
			return true, nil
		}
		return false, errs.New(errs.Misdirected, "")
	}
	if e.secure && st.plain {
		if safe(c.Request.Method) {
			e.redirectToIssuer(c)
			return true, nil
		}
		return false, errs.New(errs.Misdirected, "This server is reached by https only.")
	}
	return false, nil
}

// aliased reports whether the host is the alias, and the route one that machines use: what is shown to people has one address.
func (e *Engine) aliased(host string, rt *route) bool {
	return e.alias != "" && host == e.alias && (rt.guard.kind == kindAPI || rt.guard.kind == kindDocument)
}

// requestHost is the Host, or what a trusted proxy says it was.
func (e *Engine) requestHost(r *http.Request, st *state) string {
	if st.trusted {
		if hosts := r.Header["X-Forwarded-Host"]; len(hosts) == 1 {
			return hosts[0]
		}
	}
	return r.Host
}

func (e *Engine) redirectToIssuer(c *gin.Context) {
	target := c.Request.URL.RequestURI()
	if !strings.HasPrefix(target, "/") {
		target = "/" // "*" and the like must not grow onto the host
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Location", e.origin+target)
	c.Status(http.StatusTemporaryRedirect)
	c.Writer.WriteHeaderNow()
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

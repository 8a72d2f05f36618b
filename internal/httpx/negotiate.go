package httpx

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// negotiated is what stands after the scheme in the one header that has it (RFC 9110 section 11.6.2).
func negotiated(authorization []string) (text string, ok bool) {
	if len(authorization) != 1 {
		return "", false
	}
	scheme, text, _ := strings.Cut(authorization[0], " ")
	return strings.Trim(text, " "), strings.EqualFold(scheme, negotiate)
}

const negotiate = "Negotiate"

// Negotiated reads what a browser says by itself (RFC 4559). sent says that it says something; the token is nil when that cannot be read.
func Negotiated(r *http.Request) (token []byte, sent bool) {
	said := r.Header["Authorization"]
	text, ok := negotiated(said)
	if !ok {
		return nil, len(said) > 0
	}
	token, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, true
	}
	return token, true
}

// Negotiate asks a browser for a ticket, beside the page that is shown without one. The status is the page's.
func Negotiate(c *gin.Context) (status int) {
	c.Header("WWW-Authenticate", negotiate)
	if !longer(c.Request.Context()) { // it was accepted before this peer was expected to bring a ticket: the next connection has room for one
		c.Header("Connection", "close")
	}
	return http.StatusUnauthorized
}

// Answered tells a browser what its ticket came to: it may want to know that it is us.
func Answered(c *gin.Context, token []byte) {
	if len(token) > 0 {
		c.Header("WWW-Authenticate", negotiate+" "+base64.StdEncoding.EncodeToString(token))
	}
}

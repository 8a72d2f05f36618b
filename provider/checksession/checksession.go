package checksession

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Browsers says what the page sees of a browser's sign-in, "" when nobody is signed in.
type Browsers interface {
	BrowserState(c *gin.Context) (string, error)
}

// Pages renders the page.
type Pages interface {
	CheckSession(c *gin.Context) error
}

// Endpoint serves the OP iframe (section 3.2). A nil one has no session_state.
type Endpoint struct {
	Browsers Browsers
	Pages    Pages
}

// policy lets everybody frame the page: that is what it is for. It has one script of ours, and nothing to click on.
const policy = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'"

// Mount adds the route. The page is the same for everybody; only its script reads the cookie.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, "/oauth2/check_session", httpx.Document, func(c *gin.Context) error {
		c.Header("Content-Security-Policy", policy)
		return e.Pages.CheckSession(c)
	})
}

// State is the session_state of a response to a client at a redirect URI (section 3), which check-session.js makes again from what it can see: hash of
// client_id, origin, the browser's state and a salt. It is "" where there is no origin that could ask, and when nobody is signed in.
func (e *Endpoint) State(c *gin.Context, clientID, redirect string) (string, error) {
	if e == nil {
		return "", nil
	}
	origin := core.Origin(redirect)
	if origin == "" {
		return "", nil
	}
	browser, err := e.Browsers.BrowserState(c)
	if err != nil || browser == "" {
		return "", err
	}
	var salt [12]byte
	_, _ = rand.Read(salt[:]) // never fails since Go 1.24
	return state(clientID, origin, browser, base64.RawURLEncoding.EncodeToString(salt[:])), nil
}

func state(clientID, origin, browser, salt string) string {
	sum := sha256.Sum256([]byte(clientID + " " + origin + " " + browser + " " + salt))
	return hex.EncodeToString(sum[:]) + "." + salt
}

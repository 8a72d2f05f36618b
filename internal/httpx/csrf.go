package httpx

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// CSRFField is the form field that carries the token.
const CSRFField = "csrf"

// CSRF makes form tokens: an HMAC over a purpose and the browser cookie, so that
// a token serves one kind of form in one browser and nothing is stored. It comes
// on top of the Page guard's same-origin rule.
type CSRF struct {
	Cookies Cookies
	// Keys are the HMAC keys, at least 32 bytes each; the first one signs and all
	// of them verify.
	Keys func() [][]byte
}

// Token is the value for a form's CSRFField. The browser cookie must be there or
// have been set in this response.
func (s CSRF) Token(c *gin.Context, purpose string) (string, error) {
	browser, ok := s.Cookies.Get(c, BrowserCookie)
	keys := s.Keys()
	if !ok || len(keys) == 0 || len(keys[0]) < 32 {
		return "", errs.Wrap(errs.Internal, "", errors.New("httpx: a form token needs a browser cookie and a key"))
	}
	return base64.RawURLEncoding.EncodeToString(formMAC(keys[0], purpose, browser)), nil
}

// Check refuses with 403 what Token did not make for this purpose and browser.
func (s CSRF) Check(c *gin.Context, purpose string, form url.Values) error {
	refused := errs.New(errs.Forbidden, "This form is too old, or was opened in another browser. Load the page again.")
	browser, ok := s.Cookies.Get(c, BrowserCookie)
	if !ok || len(form[CSRFField]) != 1 {
		return refused
	}
	token, err := base64.RawURLEncoding.Strict().DecodeString(form.Get(CSRFField))
	if err != nil {
		return refused
	}
	for _, key := range s.Keys() {
		if len(key) >= 32 && hmac.Equal(token, formMAC(key, purpose, browser)) {
			return nil
		}
	}
	return refused
}

// formMAC prefixes the purpose with its length, so that no purpose and cookie run
// into each other.
func formMAC(key []byte, purpose, browser string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.BigEndian.AppendUint32([]byte("jedan form token"), uint32(len(purpose)))) //nolint:gosec // a purpose is a short constant
	mac.Write([]byte(purpose))
	mac.Write([]byte(browser))
	return mac.Sum(nil)
}

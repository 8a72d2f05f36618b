package session

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// FormField is the name of the form token's field.
const FormField = "csrf"

// Forms makes and checks form tokens: bound to the browser's id, which outlives a sign-in in another tab, and to a purpose.
type Forms struct{ m *Manager }

// Forms returns the form tokens of this manager's browsers.
func (m *Manager) Forms() *Forms { return &Forms{m: m} }

// Token returns a form token for the request's browser.
func (f *Forms) Token(c *gin.Context, purpose string) (string, error) {
	id := f.m.Browser(c.Writer, c.Request).ID
	version, mac := f.m.d.Ring.MAC(keys.Sessions, []byte("form"), []byte(purpose), id[:])
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint16(nil, uint16(version)), mac...)), nil //nolint:gosec // versions are below 65536
}

// Check refuses a form whose token is missing, forged, for another purpose or of another browser: errs.Forbidden (SE02).
func (f *Forms) Check(c *gin.Context, purpose string, form url.Values) error {
	refused := errs.New(errs.Forbidden, "This form is too old, or was opened in another browser. Load the page again.")
	mem, ok := f.m.memory(c.Request)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(form.Get(FormField))
	if !ok || err != nil || len(raw) != 2+32 || len(form[FormField]) != 1 {
		return refused
	}
	if !f.m.d.Ring.VerifyMAC(keys.Sessions, int(binary.BigEndian.Uint16(raw)), raw[2:], []byte("form"), []byte(purpose), mem.id[:]) {
		return refused
	}
	return nil
}

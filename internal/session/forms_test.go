package session

import (
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// handle runs a handler for a request of b, which keeps the cookies of the answer.
func (w *world) handle(b browser, handler func(c *gin.Context) error) error {
	rec := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(rec)
	c.Request = b.request(w.t)
	err := handler(c)
	b.take(rec)
	return err
}

func (w *world) formToken(b browser, purpose string) (token string) {
	w.t.Helper()
	err := w.handle(b, func(c *gin.Context) (err error) {
		token, err = w.Forms().Token(c, purpose)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// SE02: a form token serves one purpose in one browser, and a sign-in in another tab does not spoil it.
func TestForms(t *testing.T) {
	w := newWorld(t, false)
	b, other := browser{}, browser{}
	token := w.formToken(b, "login")
	w.formToken(other, "login")
	w.remember(b, w.maria.ID)
	if _, err := w.ring.RotateDataKey(t.Context(), keys.Sessions); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct {
		in      browser
		purpose string
		form    url.Values
		ok      bool
	}{
		"good":          {b, "login", url.Values{FormField: {token}}, true},
		"other purpose": {b, "consent", url.Values{FormField: {token}}, false},
		"other browser": {other, "login", url.Values{FormField: {token}}, false},
		"no browser":    {browser{}, "login", url.Values{FormField: {token}}, false},
		"none":          {b, "login", url.Values{}, false},
		"twice":         {b, "login", url.Values{FormField: {token, token}}, false},
		"cut":           {b, "login", url.Values{FormField: {token[:len(token)-2]}}, false},
		"not base64":    {b, "login", url.Values{FormField: {"*" + token[1:]}}, false},
		"bent":          {b, "login", url.Values{FormField: {token[:10] + "AAAA" + token[14:]}}, false},
		"a cookie":      {b, "login", url.Values{FormField: {b[browserName]}}, false},
	} {
		err := w.handle(try.in, func(c *gin.Context) error { return w.Forms().Check(c, try.purpose, try.form) })
		if try.ok && err != nil || !try.ok && !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package httpx

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Cookie is a cookie's name without prefix.
type Cookie string

// The cookies of surface.md. Browser is shared by all tabs and binds flows and
// form tokens; Session is the person's sign-in. Watched is what the check_session
// iframe reads, in pages of other sites too. Offer says that this browser was offered
// a passkey.
const (
	SessionCookie Cookie = "jedan-session"
	BrowserCookie Cookie = "jedan-browser"
	WatchedCookie Cookie = "jedan-op"
	OfferCookie   Cookie = "jedan-offer"
)

// Cookies writes and reads our cookies: HttpOnly, SameSite=Lax (but for Watched),
// and with Secure the __Host- prefix (RFC 6265bis §4.1.3.2), which pins host and path.
type Cookies struct {
	// Secure is false only for an http issuer on loopback.
	Secure bool
	// Path is the issuer's path, used without Secure; "" is "/".
	Path string
}

// Name is the full name on the wire.
func (k Cookies) Name(name Cookie) string {
	if k.Secure {
		return "__Host-" + string(name)
	}
	return string(name)
}

func (k Cookies) path() string {
	if k.Secure || k.Path == "" {
		return "/"
	}
	return k.Path
}

// Set sends a cookie. A life of zero lasts as long as the browser. The value must
// be of cookie characters, as base64url is. Get sees it in the same request.
func (k Cookies) Set(c *gin.Context, name Cookie, value string, life time.Duration) {
	k.Write(c.Request.Context(), c.Writer, name, value, life)
}

// Clear removes a cookie.
func (k Cookies) Clear(c *gin.Context, name Cookie) {
	k.Remove(c.Request.Context(), c.Writer, name)
}

// write replaces an earlier Set-Cookie of the same name in this response.
func (k Cookies) write(w http.ResponseWriter, ck *http.Cookie) {
	ck.Path, ck.HttpOnly, ck.Secure, ck.SameSite = k.path(), true, k.Secure, http.SameSiteLaxMode
	if ck.Name == k.Name(WatchedCookie) {
		ck.HttpOnly = false
		if k.Secure { // browsers refuse None without it
			ck.SameSite = http.SameSiteNoneMode
		}
	}
	h := w.Header()
	kept := h["Set-Cookie"][:0:0]
	for _, line := range h["Set-Cookie"] {
		if old, err := http.ParseSetCookie(line); err != nil || old.Name != ck.Name {
			kept = append(kept, line)
		}
	}
	h["Set-Cookie"] = append(kept, ck.String())
}

func (k Cookies) remember(ctx context.Context, name Cookie, value string) {
	st := stateOf(ctx)
	if st == nil {
		return
	}
	if st.cookies == nil {
		st.cookies = map[string]string{}
	}
	st.cookies[k.Name(name)] = value
}

// Get is the cookie's value. Two of one name are ambiguous, since a parent domain
// or another path may have planted one: they count as none.
func (k Cookies) Get(c *gin.Context, name Cookie) (string, bool) {
	return k.Read(c.Request, name)
}

// Ensure is the cookie's value, minted and sent if there is none.
func (k Cookies) Ensure(c *gin.Context, name Cookie, life time.Duration, mint func() (string, error)) (string, error) {
	if value, ok := k.Get(c, name); ok {
		return value, nil
	}
	value, err := mint()
	if err != nil {
		return "", err
	}
	k.Set(c, name, value, life)
	return value, nil
}

// Read is Get for code that has no gin.Context.
func (k Cookies) Read(r *http.Request, name Cookie) (string, bool) {
	if st := stateOf(r.Context()); st != nil {
		if value, set := st.cookies[k.Name(name)]; set {
			return value, value != ""
		}
	}
	found := r.CookiesNamed(k.Name(name))
	if len(found) != 1 || found[0].Value == "" {
		return "", false
	}
	return found[0].Value, true
}

// Write is Set for code that has no gin.Context. ctx is the request's.
func (k Cookies) Write(ctx context.Context, w http.ResponseWriter, name Cookie, value string, life time.Duration) {
	k.write(w, &http.Cookie{Name: k.Name(name), Value: value, MaxAge: int(life / time.Second)})
	k.remember(ctx, name, value)
}

// Remove is Clear for code that has no gin.Context. ctx is the request's.
func (k Cookies) Remove(ctx context.Context, w http.ResponseWriter, name Cookie) {
	k.write(w, &http.Cookie{Name: k.Name(name), MaxAge: -1})
	k.remember(ctx, name, "")
}

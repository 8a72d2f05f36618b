package forwardauth

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// Cookies of protected hosts. With TLS their names pin host and path (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie = "jedan-auth"
	stateCookie   = "jedan-auth-" // and the beginning of the state: tabs do not disturb each other
	stateLife     = 15 * time.Minute
)

// navigates says that a person looks at the answer: others cannot sign in.
func (r *request) navigates() bool {
	mode := r.in.Get("Sec-Fetch-Mode")
	return r.method == http.MethodGet && (mode == "" || mode == "navigate") && strings.Contains(r.in.Get("Accept"), "text/html") && r.in.Get("X-Requested-With") == ""
}

func (r *request) secure() bool { return r.asked.Scheme == "https" }

func (r *request) cookieName(name string) string {
	if r.secure() {
		return "__Host-" + name
	}
	return name
}

// aad ties a cookie to what it is for, application and host: one of another host opens nowhere else.
func (r *request) aad(kind string) []byte {
	return []byte("forward-auth\x00" + kind + "\x00" + r.e.Tenant.String() + "\x00" + r.client.ID.String() + "\x00" + r.host)
}

func (r *request) put(kind, name string, plain []byte, life time.Duration) {
	http.SetCookie(r.out, &http.Cookie{
		Name: r.cookieName(name), Value: base64.RawURLEncoding.EncodeToString(r.e.Vault.SealBytes(keys.Flows, r.aad(kind), plain)),
		Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: r.secure(), SameSite: http.SameSiteLaxMode,
	})
}

func (r *request) drop(name string) {
	http.SetCookie(r.out, &http.Cookie{Name: r.cookieName(name), Path: "/", MaxAge: -1, HttpOnly: true, Secure: r.secure(), SameSite: http.SameSiteLaxMode})
}

// take opens a cookie; false when it is not there, there twice, or not ours.
func (r *request) take(kind, name string) (plain []byte, ok bool) {
	var value string
	for _, ck := range r.http.Cookies() {
		if ck.Name != r.cookieName(name) {
			continue
		}
		if value != "" {
			return nil, false
		}
		value = ck.Value
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(sealed) == 0 {
		return nil, false
	}
	plain, err = r.e.Vault.OpenBytes(keys.Flows, r.aad(kind), sealed)
	return plain, err == nil
}

// session is the access token in the host's cookie.
func (r *request) session() (token string, ok bool) {
	plain, ok := r.take("session", sessionCookie)
	return string(plain), ok
}

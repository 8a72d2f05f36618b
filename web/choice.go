package web

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A person's own choices: query parameters of any page, remembered in cookies of the same name.
const (
	langChoice   = "ja_lang"
	schemeChoice = "ja_theme"
	choiceLife   = 365 * 24 * time.Hour
	maxQuery     = 8 << 10 // bytes of a query that the language links carry on
)

// choices lists what a choice may be; "auto" forgets it.
func (r *Renderer) choices(name string) []string {
	if name == langChoice {
		return r.locales.names
	}
	return []string{"auto", "light", "dark"}
}

// choice reads a choice from the query, then from its cookie; "" when there is none that exists.
func (r *Renderer) choice(req *http.Request, name string) string {
	if c := r.asked(req, name); c != "" {
		return c
	}
	cookie, err := req.Cookie(name)
	if err != nil || !slices.Contains(r.choices(name), cookie.Value) {
		return ""
	}
	return cookie.Value
}

func (r *Renderer) asked(req *http.Request, name string) string {
	if len(req.URL.RawQuery) > maxQuery {
		return ""
	}
	for part := range strings.SplitSeq(req.URL.RawQuery, "&") {
		if value, ok := strings.CutPrefix(part, name+"="); ok && slices.Contains(r.choices(name), value) {
			return value
		}
	}
	return ""
}

// remember keeps the choices that this request makes.
func (r *Renderer) remember(w http.ResponseWriter, req *http.Request) {
	for _, name := range []string{langChoice, schemeChoice} {
		value := r.asked(req, name)
		if value == "" {
			continue
		}
		http.SetCookie(w, &http.Cookie{
			Name: name, Value: value, Path: r.base + "/", MaxAge: int(choiceLife / time.Second),
			Secure: r.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
}

// withChoice is a link to the same page with one choice changed. It is relative, so it holds wherever the page
// is mounted. A page that answers a POST has an address of its own to go to, or no such link.
func (r *Renderer) withChoice(req *http.Request, s spec, name, value string) string {
	start, query := "", req.URL.RawQuery
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		if s.self == "" {
			return ""
		}
		path, rest, _ := strings.Cut(s.self, "?")
		start, query = r.base+path, rest
	}
	if len(query) > maxQuery {
		return ""
	}
	kept := slices.DeleteFunc(strings.Split(query, "&"), func(part string) bool {
		return part == "" || strings.HasPrefix(part, name+"=")
	})
	return start + "?" + strings.Join(append(kept, name+"="+value), "&")
}

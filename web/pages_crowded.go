package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// crowdedPage turns people away while too many sign in. It says nothing of anybody, so that it is drawn once for each language and appearance: it is what
// keeps a crowd from costing anything.
type crowdedPage struct{ Lang string }

// flowPlace stands in a drawn page where the flow goes.
const flowPlace = "flow-goes-here"

func (p crowdedPage) spec() spec {
	return spec{template: "crowded", lang: p.Lang, title: msg("crowded.title")}
}

// Again is the way back to the sign-in page.
func (crowdedPage) Again() string { return "/login?flow=" + flowPlace }

// drawn is a page that was drawn before.
type drawn struct {
	view *view
	body []byte
}

// crowds keeps the drawn pages, by language and appearance: a handful.
type crowds struct{ pages sync.Map }

// Crowded answers a form with 503 while there is no room for it; flow, as the form had it, leads back to the page.
func (r *Renderer) Crowded(w http.ResponseWriter, req *http.Request, lang, flow string, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	key := lang + " " + r.choice(req, schemeChoice)
	kept, ok := r.crowds.pages.Load(key)
	if !ok {
		v, body, err := r.draw(req, crowdedPage{Lang: lang})
		if err != nil {
			r.Render(w, req, http.StatusServiceUnavailable, ErrorPage{Lang: lang, Code: "temporarily_unavailable"})
			return
		}
		v.req = nil // not this request's any more
		kept, _ = r.crowds.pages.LoadOrStore(key, drawn{v, body})
	}
	page, isPage := kept.(drawn)
	if !isPage {
		return // cannot be: nothing else is stored
	}
	body := bytes.Replace(page.body, []byte("?flow="+flowPlace), []byte(safeFlow(flow)), 1)
	setHeaders(w.Header(), page.view)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(body) // whoever is gone needs no page
}

// safeFlow is the query that carries a flow, "" for what cannot be one: it goes into a page as it is.
func safeFlow(flow string) string {
	if flow == "" || len(flow) > maxQuery || strings.ContainsFunc(flow, func(c rune) bool { return c > '~' || !plainByte(c) }) {
		return ""
	}
	return "?flow=" + flow
}

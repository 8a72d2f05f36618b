package flow

import (
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// maxReturn is the longest local path to return to, in bytes.
const maxReturn = 1024

// Page is a parameter of a client's flow that names the endpoint that judges it, a local path; without it that is the authorization endpoint. No request
// can set it: an endpoint keeps of a request only the parameters that it knows.
const Page = "page"

// ReturnURL is where a finished step sends the browser: the endpoint that judges the flow, below base, with the flow and the step's token, or base and the
// flow's Return path. base is the issuer, without a slash at its end. A flow that does not open goes to the dispatcher too, which says why.
func (f *Flows) ReturnURL(base, sealed, stepToken string) string {
	page := "/oauth2/authorize"
	if fl, err := f.unseal(sealed); err == nil {
		if fl.Return != "" {
			return base + fl.Return
		}
		if own := fl.Params.Get(Page); localPath(own) {
			page = own
		}
	}
	q := url.Values{"flow": {sealed}}
	if stepToken != "" {
		q.Set("step", stepToken)
	}
	return base + page + "?" + q.Encode()
}

// localPath reports whether path leads to a page of this server when it is put behind the issuer (WB06). Beside what the edge refuses, dot
// segments would leave the issuer's own path.
func localPath(path string) bool {
	if _, ok := httpx.LocalPath(path); !ok || len(path) > maxReturn {
		return false
	}
	u, err := url.Parse(path)
	if err != nil {
		return false
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

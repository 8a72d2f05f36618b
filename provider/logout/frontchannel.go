package logout

import (
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/storage"
)

// maxFrames bounds a page and its policy, which names every frame.
const maxFrames = 50

// frames are the addresses that tell clients in the person's browser that the session has ended (OpenID Connect Front-Channel Logout section 3).
func frames(issuer string, gone []storage.Participant) []string {
	var out []string
	for _, p := range gone {
		if uri := p.Client.Metadata.FrontchannelLogoutURI; uri != "" && !p.Client.Disabled && len(out) < maxFrames {
			out = append(out, withQuery(uri, url.Values{"iss": {issuer}, "sid": {p.SID.String()}}))
		}
	}
	return out
}

// withQuery adds parameters to a registered URI and leaves the rest of it byte for byte.
func withQuery(uri string, q url.Values) string {
	sep := "?"
	if strings.Contains(uri, "?") {
		sep = "&"
	}
	return uri + sep + q.Encode()
}

package register

import (
	"context"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkBackchannelLogout judges where logout tokens go (OpenID Connect Back-Channel Logout section 2.2).
func checkBackchannelLogout(_ context.Context, c candidate) error {
	const member = "backchannel_logout_uri"
	switch {
	case c.BackchannelLogoutURI == "" && c.BackchannelLogoutSession:
		return refuse("backchannel_logout_session_required", "is only for a client with "+member)
	case c.BackchannelLogoutURI == "":
		return nil
	case !c.asksPeople():
		return refuse(member, "is only for clients that people sign in to")
	}
	return refuse(member, judgeURI(c.BackchannelLogoutURI, publishedRules()))
}

// checkFrontchannelLogout judges what browsers load (OpenID Connect Front-Channel Logout section 2): a page of the client's own, by its redirect URIs.
func checkFrontchannelLogout(_ context.Context, c candidate) error {
	const member = "frontchannel_logout_uri"
	switch {
	case c.FrontchannelLogoutURI == "" && c.FrontchannelSession:
		return refuse("frontchannel_logout_session_required", "is only for a client with "+member)
	case c.FrontchannelLogoutURI == "":
		return nil
	}
	if wrong := judgeURI(c.FrontchannelLogoutURI, append(publishedRules(), uriLogoutParameters)); wrong != "" {
		return refuse(member, wrong)
	}
	own := func(uri string) bool { return core.Origin(uri) == core.Origin(c.FrontchannelLogoutURI) }
	if !slices.ContainsFunc(c.RedirectURIs, own) {
		return refuse(member, "must have the scheme, host and port of one of the redirect_uris")
	}
	return nil
}

// uriLogoutParameters keeps what we add unambiguous.
func uriLogoutParameters(_ string, u *url.URL) string {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "must have a well-formed query"
	}
	if query.Has("iss") || query.Has("sid") {
		return "must not have the query parameters iss or sid: they are added"
	}
	return ""
}

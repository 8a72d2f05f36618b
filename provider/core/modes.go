package core

import "slices"

// Response modes: OAuth 2.0 Multiple Response Types, OAuth 2.0 Form Post Response Mode, and JARM, where the parameters are claims of one signed JWT.
const (
	ModeQuery       = "query"
	ModeFragment    = "fragment"
	ModeFormPost    = "form_post"
	ModeJWT         = "jwt" // query.jwt or fragment.jwt, as the response type has it
	ModeQueryJWT    = "query.jwt"
	ModeFragmentJWT = "fragment.jwt"
	ModeFormPostJWT = "form_post.jwt"
)

// ResponseModes are all of them; discovery publishes them.
func ResponseModes() []string {
	return append([]string{ModeQuery, ModeFragment, ModeFormPost}, JWTModes()...)
}

// JWTModes are JARM's.
func JWTModes() []string { return []string{ModeJWT, ModeQueryJWT, ModeFragmentJWT, ModeFormPostJWT} }

// Delivery is how a response reaches the client.
type Delivery struct {
	By  string // query, fragment or form_post
	JWT bool   // as one signed JWT in the parameter response
}

// Deliver reads a response mode; empty is the default of the response type. False for an unknown one.
func Deliver(mode, responseType string) (Delivery, bool) {
	switch mode {
	case "":
		return Delivery{By: DefaultMode(responseType)}, true
	case ModeQuery, ModeFragment, ModeFormPost:
		return Delivery{By: mode}, true
	case ModeJWT:
		return Delivery{By: DefaultMode(responseType), JWT: true}, true
	case ModeQueryJWT, ModeFragmentJWT, ModeFormPostJWT:
		return Delivery{By: mode[:len(mode)-len(".jwt")], JWT: true}, true
	}
	return Delivery{}, false
}

// DefaultMode is where a response goes unless the request says otherwise: what must not reach server logs goes to the fragment.
func DefaultMode(responseType string) string {
	if w := Words(responseType); slices.Contains(w, "token") || slices.Contains(w, "id_token") {
		return ModeFragment
	}
	return ModeQuery
}

// AllowedModes are those that the client may name for a response type: the registered ones, or else the default, form_post, and JARM's once the client
// says how its responses are signed. Without an origin of its own, such as with a private-use scheme, a client is sent no form.
func (c *Client) AllowedModes(responseType, redirectURI string) []string {
	modes := slices.Clone(c.ResponseModes)
	if len(modes) == 0 {
		modes = []string{DefaultMode(responseType), ModeFormPost}
		if c.Metadata.AuthorizationSignedResponseAlg != "" {
			modes = append(modes, JWTModes()...)
		}
	}
	return slices.DeleteFunc(modes, func(m string) bool {
		d, ok := Deliver(m, responseType)
		return !ok || d.By == ModeFormPost && Origin(redirectURI) == "" || d.By == ModeQuery && DefaultMode(responseType) == ModeFragment
	})
}

// ResponseAlg is the algorithm that signs authorization responses to the client (JARM section 3).
func (c *Client) ResponseAlg() string {
	if alg := c.Metadata.AuthorizationSignedResponseAlg; alg != "" {
		return alg
	}
	return "RS256"
}

package core

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/storage"
)

// RequestURIPrefix begins the request_uri of every pushed request (RFC 9126 section 2.2).
const RequestURIPrefix = "urn:ietf:params:oauth:request_uri:"

// RequestObjectAlgs are the algorithms that clients may sign request objects with.
func RequestObjectAlgs() []string { return []string{"RS256", "PS256", "ES256", "EdDSA"} }

// RequestObjectAlgs are those that the client may use: the registered one, or all that are offered; strict ones (FAPI) leave RS256 out.
func (c *Client) RequestObjectAlgs() []string {
	if alg := c.Metadata.RequestObjectSigningAlg; alg != "" {
		return []string{alg}
	}
	algs := profiles.Within(RequestObjectAlgs(), c.Demands.Algs)
	if c.Metadata.StrictRequestObject {
		return slices.DeleteFunc(slices.Clone(algs), func(a string) bool { return a == "RS256" })
	}
	return algs
}

// PushedRequest is a stored authorization request (RFC 9126).
type PushedRequest struct {
	ID     storage.ID
	Params url.Values // as the rows of the authorization endpoint let them through
	Signed bool       // they came in a signed request object
	Spent  bool       // a person has answered it
}

// InvalidRequestObject is RFC 9101's invalid_request_object (section 6, OpenID Connect Core section 3.1.2.6).
func InvalidRequestObject(description, expected, received string) *Refusal {
	return Refuse(fosite.ErrInvalidRequestObject, description, expected, received)
}

// InvalidRequestURI is RFC 9101's invalid_request_uri.
func InvalidRequestURI(description, expected, received string) *Refusal {
	return Refuse(protocolError("invalid_request_uri", http.StatusBadRequest), description, expected, received)
}

// Package resource is a small resource server, for plans of the conformance suite whose access tokens are not for the UserInfo endpoint.
//
// It knows of the provider what any API knows: where to introspect tokens (RFC 7662). It asks for what the token is bound to, a client
// certificate (RFC 8705 section 3) or a DPoP proof (RFC 9449 section 7), with code that shares nothing with the provider's: so the suite also
// shows that the provider's answers are enough to protect an API.
package resource

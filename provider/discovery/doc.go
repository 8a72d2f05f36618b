// Package discovery serves the metadata documents (OpenID Connect Discovery, RFC 8414) and the JWKS, from bytes made once.
//
// Nothing is advertised that is refused, and nothing is served that is not advertised.
package discovery

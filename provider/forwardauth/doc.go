// Package forwardauth answers reverse proxies that ask about every request to an application which cannot sign people in by itself (nginx auth_request, forward
// authentication of Traefik and Caddy, Envoy's ext_authz).
//
// To the rest of this server it is a client like any other: a browser without a session there goes through the authorization endpoint, with every rule of that, and
// comes back with a code to a path of the protected host. The access token that comes of it stays in a sealed cookie of that host, and is judged at every request:
// a session or grant that has ended ends it. Nothing is kept for a browser that is not signed in.
package forwardauth

// Package introspect serves /oauth2/introspect (RFC 7662): it tells a token's own client, and the owner of a resource in its audience, what the
// token says; everybody else learns nothing.
package introspect

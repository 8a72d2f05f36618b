// Package refresh serves grant_type=refresh_token (RFC 6749 section 6) without fosite: narrowing of scope and resource, rotation with a grace in
// which an honest retry gets the same successor, and the end of the grant when an older token comes back (RFC 9700 section 4.14.2).
package refresh

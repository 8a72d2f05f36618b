// Package keys owns every key of a tenant: the ring of versioned symmetric data keys, wrapped by a master key, and the set of signing keys that is
// published as the JWKS. It also judges keys and signatures that others send (ParseJWKS, VerifyWith, DecodeClaims).
//
// Reads on the hot path go to an immutable snapshot behind an atomic pointer: no lock, no database. What a token means is the caller's matter:
// this package says who signed it, not whether it has expired.
package keys

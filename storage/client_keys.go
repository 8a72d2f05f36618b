package storage

// ClientKeys is metadata about keys by reference (RFC 7591 section 2). It and jwks exclude one another.
type ClientKeys struct {
	JWKSURI string `json:"jwks_uri,omitempty"` // https URL of the client's key set
}

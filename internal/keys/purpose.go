package keys

// Purposes of data keys. Each has its own versions; a key never serves two purposes.
const (
	Columns      = "columns"       // seals columns (seal.Text)
	EmailIndex   = "email_index"   // hashes by which sealed columns are found
	SecretPepper = "secret_pepper" //nolint:gosec // a name, not a secret: HMAC of generated client secrets
	Codes        = "codes"         // authorization codes
	Refresh      = "refresh"       // refresh tokens
	Opaque       = "opaque"        // opaque access tokens
	Flows        = "flows"         // the sealed authorization request and its signed steps
	Sessions     = "sessions"      // cookies, CSRF tokens, device memory
	Pairwise     = "pairwise"      // pairwise subject identifiers: its first version serves for ever, since a new one would make everybody a stranger
	Nonces       = "nonces"        // nonces that clients put into DPoP proofs
	OneTime      = "one_time"      // codes and links that are sent to people
)

// purposes lists all of them; OpenRing makes what is missing.
func purposes() []string {
	return []string{Columns, EmailIndex, SecretPepper, Codes, Refresh, Opaque, Flows, Sessions, Pairwise, Nonces, OneTime}
}

// Master wraps data keys and nothing else: a key file, an environment variable, a KMS. aad is authenticated and must be the same for both calls.
type Master interface {
	Wrap(aad, raw []byte) ([]byte, error)
	Unwrap(aad, wrapped []byte) ([]byte, error)
}

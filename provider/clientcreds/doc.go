// Package clientcreds serves grant_type=client_credentials (RFC 6749 section 4.4) without fosite and without a write: nobody's consent, no ID
// token, no refresh token.
package clientcreds

// Package mtls finds and judges the certificates of clients (RFC 8705): from the connection itself, or from a header that a trusted proxy set.
//
// It owns the table of tls_client_auth and self_signed_tls_client_auth. It does not own the binding of tokens to certificates, which is
// provider/token's and provider/userinfo's, nor the listeners, which are internal/httpx's.
package mtls

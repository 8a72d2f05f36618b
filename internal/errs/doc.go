// Package errs is the application's one error type: a code that decides the
// status, a message that anyone may read, and a cause that only the log sees.
//
// It owns the vocabulary of failures and nothing else: who writes a response is
// internal/httpx, and the protocol's own errors (RFC 6749) belong to provider.
// Storage speaks it too: NotFound, Conflict (a duplicate) and Unavailable (the
// database is away) are the three kinds a store may return besides Internal.
package errs

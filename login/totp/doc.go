// Package totp is the second factor that an authenticator app on a telephone shows: six digits that change every half minute (RFC 6238).
//
// It owns the secret, which this server makes, seals and shows while it waits to be confirmed and never again, and the rule that a time step is
// spent once. It counts no tries and makes no session: its parent does.
package totp

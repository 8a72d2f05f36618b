// Package dpop judges DPoP proofs (RFC 9449): a signed statement, made for one request, that its sender holds a key.
//
// It owns the table of what makes a proof valid and the nonces that the server hands out, which are kept nowhere. It does not own what follows from
// a key: tokens are bound by provider/token's shared phases, and provider/userinfo asks for the proof of a bound token.
package dpop

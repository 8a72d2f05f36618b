// Package passkey is sign-in by passkey (WebAuthn Level 3), the pages on which a person keeps them, and the offer to add one.
//
// What registers a passkey and what an assertion proves are two tables of checks over the same challenge: a signed value that names ceremony, flow or
// session and the time until when it counts. It is stored nowhere until it is spent, so that options cost nothing to ask for. The library parses, and
// verifies signatures and attestation statements; every rule of the ceremonies is a row here.
package passkey

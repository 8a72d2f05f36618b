// Package oidc signs people in by an upstream OpenID provider: authorization code flow with PKCE (OpenID Connect Core section 3.1, RFC 9700), and
// code with an ID token in front where a connector asks for it.
//
// What the provider says of itself comes from its discovery document, its keys from the set named there; both through the one outbound client, kept
// as long as they say. An answer is judged by tables: what the browser brought (rowsCallback, rowsFront), what the token endpoint said (rowsAnswer)
// and the ID token (rowsToken, and those of the template); UserInfo, where it is wanted, must be about the same subject. The identity is issuer and
// sub.
//
// A template is a provider that does things in its own way: what it presets, whom it lets in, who somebody is and which addresses count are in its
// file.
//
// How this server shows who it is: a secret, a signed assertion, a certificate, with proofs of possession where tokens are bound (own.go,
// exchange.go, dpop.go). Recheck asks again by the refresh token; logout.go, apple_notice.go and signout.go are about ends of sessions, in both
// directions.
package oidc

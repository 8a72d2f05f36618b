// Package oidc signs people in by an upstream OpenID provider: authorization code flow with PKCE, the only flow that it speaks (OpenID Connect Core section 3.1,
// RFC 9700).
//
// What the provider says of itself comes from its discovery document, its keys from the set named there; both through the one outbound client, kept as long
// as they say. An answer is judged by three tables: what the browser brought (rowsCallback), what the token endpoint said (rowsAnswer) and the ID token
// (rowsToken); UserInfo, where it is wanted, must be about the same subject. The identity is issuer and sub.
package oidc

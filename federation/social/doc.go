// Package social signs people in by OAuth 2 services that are no OpenID providers: the authorization code flow with PKCE (RFC 6749 section 4.1, RFC
// 7636, RFC 9700), and then whatever the service's user endpoint says about the token's owner.
//
// Nothing is signed there: what counts came from the service itself over TLS, with a token that was redeemed in the same sign-in. Answers are judged
// by tables (rows…). GitHub, Discord and Facebook are templates, which know their endpoints and what an address of theirs is worth.
package social

// Package userinfo serves /oauth2/userinfo (OpenID Connect Core section 5.3): the claims of the person behind an access token, as JSON or as a
// signed JWT.
package userinfo

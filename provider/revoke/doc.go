// Package revoke serves /oauth2/revoke (RFC 7009). A refresh token's revocation ends its grant with every access token; an access token's only
// itself. Somebody else's token is left alone without a hint.
package revoke

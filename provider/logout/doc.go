// Package logout serves /oauth2/logout (OpenID Connect RP-Initiated Logout 1.0): it ends the browser's session and the grants bound to it, asks the
// person first unless the client proves by an ID token that it means this very session, and redirects only to registered URIs.
package logout

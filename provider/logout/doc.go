// Package logout serves /oauth2/logout (OpenID Connect RP-Initiated Logout 1.0): it ends the browser's session and the grants bound to it, asks the
// person first unless the client proves by an ID token that it means this very session, and redirects only to registered URIs.
//
// Whoever signed the person in during that session hears of its end: by a logout token from server to server (OpenID Connect Back-Channel Logout 1.0),
// whatever ended it, and in frames of the page that follows a logout in the browser (OpenID Connect Front-Channel Logout 1.0).
package logout

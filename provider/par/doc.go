// Package par serves pushed authorization requests (RFC 9126): a client sends its request itself, authenticated, and gets a request_uri for the
// browser.
//
// It owns that URI and the row behind it. What a request may say is judged by the authorization endpoint's own table, at once and again when a browser
// brings the URI. A row lives for a minute and a half; it is spent by the grant that a person gives for it, not by opening it.
package par

// Package session knows who is signed in in which browser.
//
// A session is a row; the cookie names it and proves itself, so that a forged one dies before the database. Idle and absolute limits are those of
// the row and survive a restart. A second cookie identifies the browser to flows and form tokens and remembers, as keyed tags, the few people who
// have signed in there.
//
// It owns both cookies' values and the rules of a live session. It owns neither how a person proves who they are (login) nor how cookies are
// written on the wire (internal/httpx).
package session

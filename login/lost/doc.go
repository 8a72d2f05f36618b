// Package lost lets people back into their account who have its mailbox, but lost every second factor; and by a link that an administrator made.
//
// A recovery begins by a link in the mailbox and then waits. Every channel of the account is told at once and again before it is ready, and can cancel
// it; so can a living session, and a sign-in with a real factor does. When the wait is over, a link is mailed that removes the factors and sets a new
// password. It says the same to everybody who asks, whether there is an account or not. The package owns its pages and links. How a recovery is kept,
// how messages go out, and what ends with a password, belong to others.
package lost

// Package contact is a person's mail address: proved by a link or a code that goes there, and changed only when both sides know.
//
// A new address confirms itself; the old one is told at once and can call the change off by a link, without signing in. What was sent stands on the
// person as they were: a new password, another address or a lock ends it (SE14). The package owns its pages. Who is signed in and has proved it, how
// mails go out and what stands in a profile belong to others.
package contact

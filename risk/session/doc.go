// Package session is the table of checks of a session's or a grant's uses after the sign-in: who uses it now, beside who used it before.
//
// It owns the rows and their weights. What is remembered of earlier uses, and what follows from a verdict, are risk's.
package session

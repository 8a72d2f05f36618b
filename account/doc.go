// Package account is a person's own pages: the start page, the change of
// their password, what they prove beside it, their apps, and the requests of apps that wait for their approval.
//
// It owns neither the rules of passwords (internal/password) nor what ends with an
// old one (internal/directory); it owns that nobody changes a password by a
// session alone.
package account

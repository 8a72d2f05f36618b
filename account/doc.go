// Package account is a person's own pages: for now the start page and the change
// of their password.
//
// It owns neither the rules of passwords (internal/password) nor what ends with an
// old one (internal/directory); it owns that nobody changes a password by a
// session alone.
package account

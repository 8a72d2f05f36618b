// Package password signs people in with identifier and password on one page.
//
// It owns the table of sign-in checks (checks.go) and the answer they share:
// unknown, wrong, locked, disabled and throttled accounts look alike, cost one
// hash each, and only the log says which it was. It owns neither hashes
// (internal/password) nor sessions; what every factor shares is its parent's.
package password

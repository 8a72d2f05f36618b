// Package password hashes what people type with argon2id, judges whether a new password is good enough, and never keeps one.
//
// It owns the parameters, the bounded queue in front of the hash, the strict reading of stored hashes and the list of common passwords. It owns
// neither accounts (internal/directory) nor the throttling of guesses (the login feature).
//
// Memory is bounded: at most Workers hashes with our own parameters and one with dearer, imported parameters run at a time; whoever does not fit
// into the queue is refused at once with a time to come back.
package password

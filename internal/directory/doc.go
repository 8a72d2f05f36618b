// Package directory keeps people: it brings their identifiers into one canonical form, judges their claims, seals their profile and finds them again.
//
// It owns what a mail address, a user name and a set of OpenID standard claims may look like, and the events of every change to a person. It owns
// neither passwords (internal/password makes the hash that is kept here) nor sessions, which storage ends in the same transaction.
package directory

// Package app is the one composition root: it turns a configuration into a running server, or into the same parts for a command line beside one.
//
// It owns which implementation goes where, and nothing else: every rule lives in the package that is wired here.
package app

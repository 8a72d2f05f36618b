// Package attacks knows the attack cases by id, finds the tests that are named after them, and finds the rows of the tables of checks with the tests
// that must notice when one is gone.
//
// It writes docs/attacks.md; cmd/jedan-mutants takes rows away and runs their tests.
package attacks

// Package consent asks a person what an application may do, and remembers the
// answer.
//
// It owns the screen, the rule that what is granted was displayed and requested,
// and the rule when an earlier answer still counts. It owns neither the request
// (provider says what is asked) nor the grant that follows (provider makes it from
// this package's signed step).
package consent

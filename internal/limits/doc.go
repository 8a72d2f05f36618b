// Package limits bounds how often callers may ask: an address at each kind of route, a client at each endpoint, and whoever names an account. It counts
// in memory, and in a shared store (Redis) beside it where there is one, so that all nodes count together.
//
// It owns the kinds of routes, the defaults and what happens while the shared store is away: then each node counts for itself, at once, since it has
// counted in memory all along. It owns no answer: who is refused, and how that is said, is the caller's. Attempts at passwords and codes have counters of
// their own (login.Attempts, and the database).
package limits

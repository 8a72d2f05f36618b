// Package exchange serves grant_type=token-exchange (RFC 8693): a client gets a token for another resource, with less scope, in the name of whoever a
// token that it holds is about. What it may exchange is in its registration, and by default that is nothing.
//
// The new token hangs on the grant of the one that it was made of: what ends that ends both. It never lives longer, never says more, and when it was
// delegated it says who acts.
package exchange

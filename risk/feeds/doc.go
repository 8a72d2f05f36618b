// Package feeds asks others what they know of an address, and whether a password is known to be stolen.
//
// It owns what is asked of whom, how often, what is remembered of it and for how long, and the bounds of all of that. Nothing waits for a feed of addresses: they are asked in the
// background, and what they said is there at the next verdict. A feed that does not answer costs its answer; who asked is told which one that was. Weights are risk/checks'.
package feeds

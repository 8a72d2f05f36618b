// Package testjws signs whatever a test wants signed, with keys that are always the same: what a fuzz target finds stays a finding in its next run.
//
// It owns no judgement of tokens. It imports nothing of ours, so that every package's own tests may use it.
package testjws

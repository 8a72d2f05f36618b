// Package expected holds the results of the conformance suite other than PASSED that are accepted, each with its reason,
// and the rule that anything else is a failure.
//
// It owns data/expected.json. A FAILED result or a module that did not finish cannot be accepted there.
package expected

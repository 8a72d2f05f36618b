// Package modules holds the requirements of the OpenID Foundation's conformance suite as Go tests, named after the suite's modules, and the attack
// cases of docs/attacks.md, all against the whole server over HTTP.
package modules

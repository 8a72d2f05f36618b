// Package plans holds, as data, the plans of the OpenID Foundation's conformance suite that this provider is held against:
// the suite's plan name and variants, the clients that must exist (metadata in RFC 7591 names), and what the suite's
// scripted browser does on our screens.
//
// It owns the files in data/ and the filling of their placeholders ({suite}, {issuer}, {alias}, {username}, {password}).
// It talks to nobody: conformance/runner creates the clients and drives the suite; conformance/expected says which
// results are accepted.
package plans

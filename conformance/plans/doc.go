// Package plans holds, as data, the plans of the OpenID Foundation's conformance suite that this provider is held against:
// the suite's plan name and variants, the clients that must exist (metadata in RFC 7591 names, keys and certificates that are
// made anew for each run), and what the suite's scripted browser does on our screens.
//
// It owns the files in data/, the filling of their placeholders, and the making of the clients' keys. It talks to nobody:
// conformance/runner creates the clients and drives the suite; conformance/expected says which results are accepted.
//
// data/family-*.json list plans that have things in common; data/clients.json has the pieces that registrations are put
// together from, data/scripts.json what the browser does, in steps of data/steps.json, and data/modules.json which modules
// need a script, or something else, of their own.
package plans

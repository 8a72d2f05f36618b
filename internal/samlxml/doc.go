// Package samlxml reads and writes the XML of SAML messages, for both roles: it knows documents, signatures and the two browser bindings, and nothing of
// assertions, accounts or who sends what.
//
// A document is held against rules before it is parsed, is parsed once, and what is read afterwards is what was signed: a signature stands in the
// element that it signs, names it by a unique ID, and is verified with keys that the caller trusts, never with one of the message. Each rule is a row
// (rows.go), and a Refusal names it. Canonical XML and the verification of a signature that has passed the rows are goxmldsig's, which judges nothing.
package samlxml

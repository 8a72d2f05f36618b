// Package samlsp is the SAML 2.0 service provider: the connector that sends a browser to an identity provider with an AuthnRequest, and judges the
// response that it brings back. It knows nothing of accounts.
//
// What is read is what was signed. A message is held against rules before it is parsed, is parsed once, has one assertion, and signatures only where
// they belong; each signature names its own element by a unique ID, and is verified with keys of the identity provider's metadata or of the operator,
// never with one from the message. Everything said about a person comes from the canonical bytes of that verification. Each rule is a row of a table
// (rows.go), and a refusal names it.
//
// The types of messages and metadata, and XML encryption, are crewjam/saml's; canonical XML and the verification of a signature that has passed the
// rows are goxmldsig's. Neither judges.
package samlsp

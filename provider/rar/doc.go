// Package rar knows the types of authorization details (RFC 9396) that an operator has configured: it judges the details that a client asks for by the
// JSON schema of their type, and says in a sentence what they allow, so that a person sees what they consent to, all of it.
package rar

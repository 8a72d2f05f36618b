// Package provider is the OAuth 2.0 authorization server and OpenID provider. The root only wires: module.go makes the parts, compose.go lists the
// fosite handlers in use. Everything else is in the folders below, one per endpoint or grant type, and in core, which they share.
package provider

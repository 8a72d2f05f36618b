// Package jwtbearer serves grant_type=jwt-bearer (RFC 7523 section 2.1): an issuer that the configuration trusts and the client's registration names
// vouches for a person, or for the client's own workload, with a signed assertion that is made for this server and works once.
package jwtbearer

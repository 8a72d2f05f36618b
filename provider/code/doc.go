// Package code serves grant_type=authorization_code (RFC 6749 section 4.1.3, RFC 7636): its table judges the code, then fosite writes the tokens
// and the one compare-and-swap on the grant row spends it.
package code

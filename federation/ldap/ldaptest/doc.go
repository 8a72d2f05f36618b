// Package ldaptest is a directory for tests: a server in the process that speaks as much of LDAP (RFC 4511) as the connector does, over TLS with a CA of its own.
// It behaves as Active Directory where a test wants that (MS-ADTS): sub-codes of failed binds, values in ranges, pages of a bounded size, groups in groups by
// LDAP_MATCHING_RULE_IN_CHAIN, tombstones, update sequence numbers, password changes by unicodePwd. And it misbehaves as told: it refuses StartTLS, hangs, sends
// referrals, or accepts a bind without a password as old servers do.
//
// What it heard is kept, so that a test can say what never went over the wire.
package ldaptest

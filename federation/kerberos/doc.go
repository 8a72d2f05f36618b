// Package kerberos signs people in by the Kerberos ticket that their browser has for us: SPNEGO (RFC 4178) in HTTP's Negotiate (RFC 4559), or Kerberos's own token
// (RFC 4121). Its secret is a keytab; no KDC is asked.
//
// gokrb5 gives the types and the primitives (RFC 3961, 3962, 8009). The rules of RFC 4120 section 3.2.3 are rows of ours, by our clock and with the ledger of the
// database: what came (rowsToken), the ticket (rowsTicket), and the proof that it is its owner who shows it (rowsAuthenticator). Nothing but AES is decrypted, and
// NTLM is not spoken. Authorization data in a ticket (Active Directory's PAC) is not read: who somebody is, is a directory's to say, or the principal alone.
package kerberos

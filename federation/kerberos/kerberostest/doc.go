// Package kerberostest stands in for a Kerberos realm in tests: it makes keytabs, and the tokens that a browser would send with a ticket of the realm, right ones
// and such as no KDC would make. It owns no server: a ticket is what the service's key seals.
package kerberostest

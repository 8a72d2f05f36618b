// Package interop runs the built program against other people's software at sizes that the tests of every change have no time for (`make interop`), and writes
// the figures into docs/interop.md.
//
// The tests have the build tag interop. JEDAN_INTEROP_LDAP is how many entries the LDAP directory has. JEDAN_SLAPD names OpenLDAP's server, JEDAN_SAMBA Samba's,
// JEDAN_KRB5KDC MIT's KDC (with python3-gssapi its library judges our answers). JEDAN_INTEROP_REPORT names the file that gets the figures.
package interop

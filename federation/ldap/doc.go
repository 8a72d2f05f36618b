// Package ldap signs people in by an LDAP directory or Active Directory (RFC 4511): a search by the name that was typed, then a bind as the one entry that it
// found (RFC 4513 section 5.1). It also says whether an entry may still sign in, lists the entries for the directory sync, and changes passwords that must be.
//
// Nothing is said before TLS stands (ldaps, or StartTLS whose refusal ends the connection). What people type reaches the directory through EscapeFilter alone.
// A password is tried on one server, once, and not at all when an entry has had too many wrong ones. Referrals are never followed. Who somebody is, is
// objectGUID or entryUUID: a name that is given to somebody else is another person.
//
// A sign-in is judged by three tables: what was typed (rowsTyped), what was found (rowsEntry), and what the directory said of the password (rowsBind).
package ldap

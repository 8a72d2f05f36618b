// Package federation signs people in by other identity providers, and keeps what links them to accounts here.
//
// A connector is an upstream: a row of the database or a file of the operator. Its kind is a plug-in folder (oidc, samlsp, ldap, …) that knows one
// protocol and nothing of accounts: it sends a browser away (Redirector) or asks a directory (PasswordChecker), and says what the upstream says about somebody
// (Identity). The Broker alone decides who that is here: an account that is linked already, a new one, one to be linked after the person has proved that it is
// theirs, or nobody.
//
// Whatever a browser brings back is judged by tables of checks; a refusal (Refusal) names the row, and nothing was created or linked.
package federation

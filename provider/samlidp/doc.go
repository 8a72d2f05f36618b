// Package samlidp is the SAML 2.0 identity provider: enterprise applications, as service providers of ours, have people signed in here (SAML profiles
// §4.1) and out (§4.4).
//
// An application is a row. What it may be sent, where and how is settled there, and nothing that a message says changes it: a request only chooses among
// what is registered. Requests are read strictly (internal/samlxml), and each rule is a row of a table that a refusal names. Sign-in, second factor, policy
// and consent are the same steps as for OAuth clients: a request travels through them sealed, as a flow, and each step comes back to the dispatcher here.
//
// Of the session that an assertion was made in a row is kept with the name that the application was given: by it a sign-out finds the others.
package samlidp

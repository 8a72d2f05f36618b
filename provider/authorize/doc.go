// Package authorize serves /oauth2/authorize: it judges the request by one table of checks, seals it into a flow, decides what the person must
// still do (sign in, choose an account, consent), and answers the client.
//
// It owns the dispatcher. It owns no screen: login and consent are other features, which come back here with a signed step. Nothing is written
// before consent; then one row is, the grant.
package authorize

// Package core holds what every endpoint of the provider shares: the registered client as it is read, access tokens, codes and refresh tokens
// as they are written and read, ID tokens, claims, protocol errors and the tables of checks.
//
// It owns the formats of tokens and the words of protocol errors. It owns no endpoint: the folders beside it do, and none of them imports another.
package core

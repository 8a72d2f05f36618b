// Package login is how a person gets from an authorization request to a
// session: the steps that every way of signing in shares.
//
// It opens the sealed request, shows who asks, lets the person choose an
// account, makes the session once a factor has proved somebody, and hands the
// browser back to the dispatcher with a signed step. It counts attempts. It
// owns no factor: login/password and its siblings are plug-ins that import this
// package. It calls no other step and decides nothing about the request.
package login

// Package register judges and stores clients and protected resources for whoever may register them: the command line now, the administration API and
// dynamic registration (RFC 7591) later.
//
// It owns the rules of a registration, one small function each in a table, and what is kept of a client's secret. It owns no transport, and does
// not decide who may register what.
package register

// Package storetest is the contract that every storage backend passes: Run, called from the backend's own tests.
//
// It owns what the interfaces of package storage promise, contention included, and knows no backend. Each case opens a backend of its own and
// cases run in parallel.
package storetest

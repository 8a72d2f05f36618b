// Package testkit boots the whole server for tests and drives it over HTTP as people and clients do.
//
// It runs on SQLite in a folder of the test, or on PostgreSQL when JEDAN_TEST_POSTGRES names one. The clock is the test's to move.
package testkit

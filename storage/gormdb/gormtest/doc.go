// Package gormtest opens fresh, migrated databases for tests: SQLite always, PostgreSQL where JEDAN_TEST_POSTGRES names one.
//
// It owns their making and their end. Every test gets a file or a schema of its own, so that tests may run in parallel.
package gormtest

// Package gormdb keeps the entities of package storage in SQLite or PostgreSQL, through gorm, from one code path.
//
// It owns connections, transactions, the mapping of database errors to errs codes, and the tail of changes. It owns no schema (package
// migrations does) and no meaning: what a field says is written beside the entity.
//
// How a write travels. A storage method hands a function to DB.write. With a transaction in ctx the function runs there, under a savepoint.
// Otherwise, on SQLite, the committer runs it in one transaction together with whatever else is waiting, so that concurrent commands share
// one fsync; on PostgreSQL it gets a transaction of its own. Only InTx and the Update methods, which run their caller's code, hold a
// transaction open by themselves. A write that ignores the transaction its own goroutine holds open is refused (guard_tx.go).
//
// SQLite has one writer connection and a pool of readers that cannot write; PostgreSQL has one pgx pool for both.
package gormdb

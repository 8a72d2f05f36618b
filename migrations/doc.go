// Package migrations holds the database schema as pairs of SQL files, one folder a dialect, and runs them.
//
// It owns every CREATE, ALTER and DROP; nothing else in the tree changes a schema. Files are append-only: a released file never changes, and
// both folders have the same versions. Each file goes up and down. Runs happen under a lock, so that several processes may start at once:
// on PostgreSQL goose's lock table, on SQLite an OS lock in the data folder (package flock), which the system frees with the process.
//
// Three rules of the schema. Every key and every index begins with the tenant; only changes, which every node reads in order, is keyed by
// its sequence. There are no foreign keys: grants and audit events outlive the clients and people they name. And a sealed column carries a
// CHECK of the sealed format, the last resort against plaintext that a query builder lets through.
package migrations

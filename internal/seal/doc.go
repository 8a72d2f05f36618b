// Package seal encrypts columns and computes searchable indexes. A sealed value is bound to its table, column, tenant and row, so that it opens nowhere else.
//
// It owns the cryptography and the type Text; it owns no keys (internal/keys does) and reads no database.
package seal

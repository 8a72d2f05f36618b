// Package storage holds the entities that Jedan-Auth keeps and, beside each, the small interfaces by which features read and change them.
//
// It owns names, column tags and the meaning of every field. It owns no SQL: backends (storage/gormdb, later storage/redisdb) implement
// the interfaces, and storage/storetest is the contract they all pass. Every key starts with the tenant. Every change that matters takes
// its audit event as data and commits both in one transaction, together with the row in changes that tells caches.
package storage

package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.Documents = (*DB)(nil)

var keepDocument = both("INSERT INTO documents (tenant, name, url, body, kept_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) " +
	"ON CONFLICT (tenant, name) DO UPDATE SET url = excluded.url, body = excluded.body, kept_at = excluded.kept_at, expires_at = excluded.expires_at")

// KeepDocument implements storage.Documents.
func (d *DB) KeepDocument(ctx context.Context, doc *storage.Document) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, keepDocument, doc.Tenant, doc.Name, doc.URL, doc.Body, doc.KeptAt, doc.ExpiresAt)
		return err
	})
}

// DocumentByName implements storage.Documents.
func (d *DB) DocumentByName(ctx context.Context, tenant storage.ID, name string) (*storage.Document, error) {
	return one[storage.Document](ctx, d, "tenant = ? AND name = ?", tenant, name)
}

// DeleteExpiredDocuments implements storage.Documents.
func (d *DB) DeleteExpiredDocuments(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "documents", key: "name", column: "expires_at"}, before, limit)
}

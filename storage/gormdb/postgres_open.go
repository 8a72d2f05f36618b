package gormdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

const postgresConns = 20

// openPostgres makes one pgx pool for everything.
func (d *DB) openPostgres(ctx context.Context, dsn string) error {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil { // pgx's text repeats parts of the DSN
		return errs.New(errs.Invalid, "The PostgreSQL URL cannot be read.")
	}
	cfg.MaxConns = postgresConns
	if d.cfg.MaxConns > 0 {
		cfg.MaxConns = int32(min(d.cfg.MaxConns, 10_000)) //nolint:gosec // bounded
	}
	cfg.AfterConnect = useUTC
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "jedan-auth"
	}
	if d.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return openError(err)
	}
	if err := d.pool.Ping(ctx); err != nil {
		return openError(err)
	}
	d.writerSQL = stdlib.OpenDBFromPool(d.pool)
	d.readerSQL, d.rows = d.writerSQL, d.writerSQL
	if d.writer, err = d.gormOn(postgres.New(postgres.Config{Conn: d.writerSQL})); err != nil {
		return err
	}
	d.reader = d.writer
	return nil
}

// useUTC makes times come back in UTC, as from SQLite.
func useUTC(_ context.Context, c *pgx.Conn) error {
	c.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

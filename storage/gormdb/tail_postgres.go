package gormdb

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	postgresPoll   = 500 * time.Millisecond // when no notice comes
	reconnectPause = 250 * time.Millisecond
	startWindow    = 20_000        // changes before the last one that may still have an open transaction among them when a tail starts
	markLongest    = 2 * longestTx // no transaction of ours is older
)

// postgresTail reads changes although their numbers become visible out of order.
//
// A transaction takes its number from the sequence while it is open, so after reading up to m there may be lower numbers yet to come. It
// therefore delivers whatever it has not delivered, at once, and reads again from low, below which nothing can come any more. To move low to m
// it must know that every transaction with a number up to m is over. Such a transaction had written a row before it took its number
// (tx.changed), so it had its transaction id when m was seen, and an id that is handed out afterwards, the mark's, is higher than all of theirs.
// (The snapshot's own xmax is not: it lies above the newest transaction that is over, not above those that are open.) Once a later snapshot's
// xmin has reached the mark all of them are over, and one more reading from the old low has seen what they committed. A long transaction
// elsewhere in the cluster holds xmin back; ours last at most longestTx, so a mark counts as passed after markLongest in any case.
type postgresTail struct {
	db       *DB
	fn       func([]storage.Change, time.Time)
	low      int64
	top      int64 // highest number read
	seen     map[int64]struct{}
	mark     mark // zero: none
	caughtUp time.Time
}

// mark says that m had been read before the transaction id xid was handed out.
type mark struct {
	m, xid int64
	at     time.Time
}

// errWentBack says that the database has an older state than this tail has seen: a restored backup, or a standby that lost commits.
var errWentBack = errors.New("gormdb: the sequence of changes went backwards")

func (d *DB) tailPostgres(ctx context.Context, fn func([]storage.Change, time.Time)) error {
	ctx, cancel := context.WithCancel(ctx)
	woken, remove := d.woken.add()
	noticed, listening := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(listening)
		d.listen(ctx, noticed)
	}()
	defer func() {
		cancel()
		remove()
		<-listening
	}()
	t := &postgresTail{db: d, seen: map[int64]struct{}{}, fn: func([]storage.Change, time.Time) {}}
	if err := t.start(ctx); err != nil {
		return mapError(err)
	}
	t.fn = fn
	tick := time.NewTicker(postgresPoll)
	defer tick.Stop()
	for {
		if err := t.poll(ctx); err != nil && ctx.Err() == nil && codeOf(err) != errs.Unavailable {
			return mapError(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-woken:
		case <-noticed:
		}
	}
}

// start passes over what is there already. It looks back a window, because a change with a lower number than the last may be committed later.
func (t *postgresTail) start(ctx context.Context) error {
	var last int64
	ctx, cancel := t.db.bounded(ctx)
	defer cancel()
	if err := t.db.writerSQL.QueryRowContext(ctx, lastChange).Scan(&last); err != nil {
		return err
	}
	t.low = max(0, last-startWindow)
	return t.poll(ctx)
}

const readChanges = `SELECT s.xmin, s.last, c.seq, c.tenant, c.kind, c.ref, c.at
FROM (SELECT pg_snapshot_xmin(x)::text::bigint AS xmin,
	(SELECT last_value FROM changes_seq_seq) AS last FROM pg_current_snapshot() AS x) AS s
LEFT JOIN (SELECT * FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2) AS c ON true ORDER BY c.seq`

// reading is one page under one snapshot.
type reading struct {
	xmin, last int64
	rows       int
	top        int64
	fresh      []storage.Change // not delivered before
}

// poll reads from low to the end, delivers what is fresh, and moves low.
func (t *postgresTail) poll(ctx context.Context) error {
	asOf := t.db.cfg.Now()
	var xmin int64
	for first, from := true, t.low; ; first = false {
		r, err := t.read(ctx, from)
		if err != nil {
			return err
		}
		if r.last < t.top {
			return errWentBack
		}
		if first {
			xmin = r.xmin
		}
		from = max(from, r.top)
		if r.rows < tailPage {
			t.caughtUp = asOf
			t.deliver(r)
			return t.settle(ctx, xmin)
		}
		t.deliver(r)
	}
}

func (t *postgresTail) deliver(r reading) {
	t.top = max(t.top, r.top)
	for _, c := range r.fresh {
		t.seen[c.Seq] = struct{}{}
	}
	t.fn(r.fresh, t.caughtUp)
}

// nextXID hands out a transaction id. A transaction without writes commits without waiting for the disk.
const nextXID = "SELECT pg_current_xact_id()::text::bigint"

// settle moves low past the mark whose transactions are over, and marks where the reading ended.
func (t *postgresTail) settle(ctx context.Context, xmin int64) error {
	now := t.db.cfg.Now()
	if t.mark.xid != 0 && (t.mark.xid <= xmin || now.Sub(t.mark.at) > markLongest) {
		t.low, t.mark = t.mark.m, mark{}
		for seq := range t.seen {
			if seq <= t.low {
				delete(t.seen, seq)
			}
		}
	}
	if t.mark.xid != 0 || t.top <= t.low {
		return nil
	}
	ctx, cancel := t.db.bounded(ctx)
	defer cancel()
	next := mark{m: t.top, at: now}
	if err := t.db.writerSQL.QueryRowContext(ctx, nextXID).Scan(&next.xid); err != nil {
		return err
	}
	t.mark = next
	return nil
}

func (t *postgresTail) read(ctx context.Context, from int64) (reading, error) {
	ctx, cancel := t.db.bounded(ctx)
	defer cancel()
	rows, err := t.db.writerSQL.QueryContext(ctx, readChanges, from, tailPage)
	if err != nil {
		return reading{}, err
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	var r reading
	for rows.Next() {
		var (
			seq  *int64
			kind *string
			at   *time.Time
			c    storage.Change
		)
		if err := rows.Scan(&r.xmin, &r.last, &seq, &c.Tenant, &kind, &c.Ref, &at); err != nil {
			return reading{}, err
		}
		if seq == nil {
			continue // nothing after from: the row carries the snapshot only
		}
		c.Seq, c.Kind, c.At = *seq, *kind, *at
		r.rows, r.top = r.rows+1, c.Seq
		if _, seen := t.seen[c.Seq]; !seen {
			r.fresh = append(r.fresh, c)
		}
	}
	return r, rows.Err()
}

// listen turns notices into wake-ups until ctx ends, over a connection of its own, and connects again when that is lost. Whoever starts to
// listen may have missed something, so that each start is a wake-up too.
func (d *DB) listen(ctx context.Context, noticed chan<- struct{}) {
	for ctx.Err() == nil {
		d.listenOnce(ctx, noticed)
		select {
		case <-ctx.Done():
		case <-time.After(reconnectPause):
		}
	}
}

// listenOnce returns when the connection is lost. Meanwhile the tail polls: there is nobody to tell.
func (d *DB) listenOnce(ctx context.Context, noticed chan<- struct{}) {
	conn, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig.Copy())
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it is lost or no longer wanted
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return
	}
	for err == nil {
		select {
		case noticed <- struct{}{}:
		default:
		}
		_, err = conn.WaitForNotification(ctx)
	}
}

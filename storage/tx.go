package storage

import "context"

// Transactor runs fn in one transaction that rides in the context given to fn. A nested call joins the open one; if its fn fails, only what that
// fn wrote is taken back. A write on the same database without that context, while the transaction is open in the same goroutine's call chain,
// fails at once instead of waiting. A transaction lasts a minute at most. Its fn may run again when the database rolled it back (a deadlock, a
// lost connection): what it does besides storing must bear that.
type Transactor interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Pinger reports whether the database answers.
type Pinger interface {
	Ping(ctx context.Context) error
}

package storetest

import (
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func txCases() []testCase {
	return []testCase{
		{"tx/commit", txCommit},
		{"tx/an error takes everything back", txError},
		{"tx/a panic takes everything back", txPanic},
		{"tx/a failed nested one takes back only its own", txNested},
		{"tx/a failed write leaves the rest", txConflict},
		{"tx/the outer error takes the nested one with it", txOuter},
		{"tx/a write beside it fails at once", txBeside},
		{"tx/another goroutine waits its turn", txElsewhere},
		{"tx/a call after its end", txAfter},
		{"tx/a context that ended", func(w *world) {
			ctx, cancel := context.WithCancel(w.ctx)
			cancel()
			err := w.InTx(ctx, func(ctx context.Context) error { return w.InsertClient(ctx, w.newClient("rp", "x"), nil) })
			w.code(err, errs.Unavailable)
			w.code(w.InsertClient(ctx, w.newClient("rp", "x"), nil), errs.Unavailable)
			w.same(w.has("rp"), false)
		}},
	}
}

func (w *world) has(clientID string) bool {
	w.Helper()
	_, err := w.ClientByClientID(w.ctx, w.tenant, clientID)
	if errs.Is(err, errs.NotFound) {
		return false
	}
	w.ok(err)
	return true
}

// insert adds a client with an event.
func (w *world) insert(ctx context.Context, clientID string) error {
	return w.InsertClient(ctx, w.newClient(clientID, "x"), w.newEvent("client.create"))
}

func txCommit(w *world) {
	names := w.changesOf(func() {
		w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
			w.ok(w.insert(ctx, "a"))
			got, err := w.ClientByClientID(ctx, w.tenant, "a") // it sees what it wrote
			w.ok(err)
			_, err = w.UpdateClient(ctx, w.tenant, got.ID, func(c *storage.Client) error { c.Disabled = false; return nil }, nil)
			w.ok(err)
			w.same(w.has("a"), false) // others do not
			return w.insert(ctx, "b")
		}))
	})
	w.same(len(names), 3)
	w.same(w.has("a"), true)
	w.same(w.has("b"), true)
	w.same(len(w.events("client.create")), 2)
}

func txError(w *world) {
	boom := errors.New("boom")
	names := w.changesOf(func() {
		err := w.InTx(w.ctx, func(ctx context.Context) error {
			w.ok(w.insert(ctx, "a"))
			return boom
		})
		w.same(err, boom)
	})
	w.same(len(names), 0)
	w.same(w.has("a"), false)
	w.same(len(w.events("client.create")), 0)
}

func txPanic(w *world) {
	func() {
		defer func() { w.same(recover(), "boom") }()
		_ = w.InTx(w.ctx, func(ctx context.Context) error {
			w.ok(w.insert(ctx, "a"))
			panic("boom")
		})
	}()
	w.same(w.has("a"), false)
	w.ok(w.insert(w.ctx, "a")) // and nothing is left locked
}

func txNested(w *world) {
	boom := errors.New("boom")
	names := w.changesOf(func() {
		w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
			w.ok(w.insert(ctx, "a"))
			w.same(w.InTx(ctx, func(ctx context.Context) error {
				w.ok(w.insert(ctx, "b"))
				return boom
			}), boom)
			return w.InTx(ctx, func(ctx context.Context) error { return w.insert(ctx, "c") })
		}))
	})
	w.same(len(names), 2)
	w.same([]bool{w.has("a"), w.has("b"), w.has("c")}, []bool{true, false, true})
	w.same(len(w.events("client.create")), 2)
}

func txConflict(w *world) {
	w.ok(w.insert(w.ctx, "a"))
	w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
		w.code(w.insert(ctx, "a"), errs.Conflict)
		_, err := w.ClientByClientID(ctx, w.tenant, "none")
		w.code(err, errs.NotFound)
		return w.insert(ctx, "b")
	}))
	w.same(w.has("b"), true)
	w.same(len(w.events("client.create")), 2)
}

func txOuter(w *world) {
	boom := errors.New("boom")
	w.same(w.InTx(w.ctx, func(ctx context.Context) error {
		w.ok(w.InTx(ctx, func(ctx context.Context) error { return w.insert(ctx, "a") }))
		return boom
	}), boom)
	w.same(w.has("a"), false)
}

func txBeside(w *world) {
	w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
		w.code(w.insert(w.ctx, "a"), errs.Internal)
		w.code(w.InTx(w.ctx, func(context.Context) error { return nil }), errs.Internal)
		return w.insert(ctx, "b")
	}))
	w.same([]bool{w.has("a"), w.has("b")}, []bool{false, true})
	c, err := w.ClientByClientID(w.ctx, w.tenant, "b")
	w.ok(err)
	_, err = w.UpdateClient(w.ctx, w.tenant, c.ID, func(*storage.Client) error { // its function runs inside the transaction too
		return w.insert(w.ctx, "c")
	}, nil)
	w.code(err, errs.Internal)
}

func txElsewhere(w *world) {
	other := make(chan error, 1)
	w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
		go func() { other <- w.insert(w.ctx, "a") }()
		return w.insert(ctx, "b")
	}))
	w.ok(<-other)
	w.same([]bool{w.has("a"), w.has("b")}, []bool{true, true})
}

func txAfter(w *world) {
	var late context.Context
	w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
		late = ctx
		return nil
	}))
	w.code(w.insert(late, "a"), errs.Internal)
	_, err := w.ClientByClientID(late, w.tenant, "a")
	w.code(err, errs.Internal)
	w.same(w.has("a"), false)
}

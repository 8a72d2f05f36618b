package storetest

import (
	"bytes"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func onceCases() []testCase {
	return []testCase{
		{"denial/the first time only", denialOnce},
		{"denial/those that still matter", denialsLive},
		{"replay/the first time only", func(w *world) {
			w.same(w.spend("a"), true)
			w.same(w.spend("a"), false)
			w.same(w.spend("b"), true)
			first, err := w.SpendOnce(w.ctx, &storage.Replay{Tenant: w.id(), Hash: hashed("a"), ExpiresAt: w.now})
			w.ok(err)
			w.same(first, true)
		}},
	}
}

func hashed(s string) []byte { return append(bytes.Repeat([]byte{0xff}, 31), s...) }

func (w *world) spend(what string) bool {
	w.Helper()
	first, err := w.SpendOnce(w.ctx, &storage.Replay{Tenant: w.tenant, Hash: hashed(what), ExpiresAt: w.in(time.Hour)})
	w.ok(err)
	return first
}

func denialOnce(w *world) {
	jti := w.id()
	d := &storage.Denial{Tenant: w.tenant, TokenID: jti[:], ExpiresAt: w.in(time.Hour)}
	names := w.changesOf(func() {
		w.ok(w.DenyToken(w.ctx, d, w.newEvent("token.revoke")))
		w.ok(w.DenyToken(w.ctx, d, w.newEvent("token.revoke")))
	})
	w.same(names, changeNames("token", jti))
	w.same(len(w.events("token.revoke")), 1)
	other := w.id()
	for _, one := range []struct {
		tenant, id storage.ID
		want       bool
	}{{w.tenant, jti, true}, {w.tenant, other, false}, {other, jti, false}} {
		denied, err := w.TokenDenied(w.ctx, one.tenant, one.id[:])
		w.ok(err)
		w.same(denied, one.want)
	}
}

func denialsLive(w *world) {
	for i, expires := range []time.Duration{-time.Hour, 0, 2 * time.Hour, time.Hour} {
		d := &storage.Denial{Tenant: w.tenant, TokenID: hashed(string(rune('a' + i))), ExpiresAt: w.in(expires)}
		w.ok(w.DenyToken(w.ctx, d, nil))
	}
	got, err := w.LiveDenials(w.ctx, w.tenant, w.now, 10)
	w.ok(err)
	var names []string
	for _, d := range got {
		names = append(names, string(d.TokenID[31:]))
	}
	slices.Sort(names)
	w.same(names, []string{"c", "d"})
	got, err = w.LiveDenials(w.ctx, w.tenant, w.now, 1)
	w.ok(err)
	w.same(len(got), 1)
	got, err = w.LiveDenials(w.ctx, w.id(), w.now, 10)
	w.ok(err)
	w.same(len(got), 0)
}

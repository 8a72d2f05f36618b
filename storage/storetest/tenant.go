package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func tenantCases() []testCase {
	return []testCase{
		{"tenant/ensure keeps the first", func(w *world) {
			got, err := w.TenantByName(w.ctx, "default")
			w.ok(err)
			w.same(got, &storage.Tenant{ID: w.tenant, Name: "default", CreatedAt: w.now})
			again, err := w.EnsureTenant(w.ctx, &storage.Tenant{ID: w.id(), Name: "default", CreatedAt: w.in(time.Hour)})
			w.ok(err)
			w.same(again, got)
		}},
		{"tenant/unknown", func(w *world) {
			_, err := w.TenantByName(w.ctx, "nobody")
			w.code(err, errs.NotFound)
			_, err = w.TenantByName(w.ctx, "no\x00body")
			w.code(err, errs.NotFound)
		}},
		{"ping", func(w *world) { w.ok(w.Ping(w.ctx)) }},
	}
}

package storetest

import (
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func resourceCases() []testCase {
	return []testCase{
		{"resource/life", resourceLife},
		{"resource/a taken identifier", func(w *world) {
			w.ok(w.InsertResource(w.ctx, w.newResource("https://api.example/"), nil))
			w.code(w.InsertResource(w.ctx, w.newResource("https://api.example/"), nil), errs.Conflict)
		}},
		{"resource/nobody's", func(w *world) {
			r := w.newResource("https://api.example/")
			r.Owner = storage.ID{}
			w.ok(w.InsertResource(w.ctx, r, nil))
			got, err := w.ResourceByIdentifier(w.ctx, w.tenant, r.Identifier)
			w.ok(err)
			w.same(got, r)
		}},
	}
}

func resourceLife(w *world) {
	r := w.newResource("https://api.example/")
	w.ok(w.InsertResource(w.ctx, r, w.newEvent("resource.create")))
	got, err := w.ResourceByIdentifier(w.ctx, w.tenant, r.Identifier)
	w.ok(err)
	w.same(got, r)
	list, err := w.Resources(w.ctx, w.tenant, storage.ID{}, 10)
	w.ok(err)
	w.same(list, []storage.Resource{*r})

	got, err = w.UpdateResource(w.ctx, w.tenant, r.ID, func(r *storage.Resource) error { r.Scopes = nil; r.Seconds = 0; return nil }, w.newEvent("resource.update"))
	w.ok(err)
	stored, err := w.ResourceByIdentifier(w.ctx, w.tenant, r.Identifier)
	w.ok(err)
	got.Scopes = storage.Strings{} // nil is stored as an empty list
	w.same(stored, got)
	w.same(stored.Version, int64(2))
	w.same(stored.UpdatedAt.Equal(r.UpdatedAt), false)

	names := w.changesOf(func() { w.ok(w.DeleteResource(w.ctx, w.tenant, r.ID, w.newEvent("resource.delete"))) })
	w.same(names, changeNames("resource", r.ID))
	_, err = w.ResourceByIdentifier(w.ctx, w.tenant, r.Identifier)
	w.code(err, errs.NotFound)
	w.code(w.DeleteResource(w.ctx, w.tenant, r.ID, nil), errs.NotFound)
	for _, kind := range []string{"resource.create", "resource.update", "resource.delete"} {
		w.same(len(w.events(kind)), 1)
	}
}

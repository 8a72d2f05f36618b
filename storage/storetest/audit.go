package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func auditCases() []testCase {
	return []testCase{
		{"audit/every field is kept", func(w *world) {
			ev := w.newEvent("user.login")
			w.ok(w.AppendAudit(w.ctx, ev))
			w.same(w.events("user.login"), []storage.AuditEvent{*ev})
		}},
		{"audit/filters", auditFilters},
		{"audit/all or none", func(w *world) {
			ev := w.newEvent("a.b")
			w.code(w.AppendAudit(w.ctx, w.newEvent("a.b"), ev, ev), errs.Conflict)
			w.same(len(w.events("a.b")), 0)
			w.ok(w.AppendAudit(w.ctx))
		}},
		{"audit/text that cannot be stored", func(w *world) {
			ev := w.newEvent("a.b")
			ev.Actor = "x\x00"
			w.code(w.AppendAudit(w.ctx, ev), errs.Invalid)
			evs, err := w.AuditEvents(w.ctx, w.tenant, storage.AuditFilter{Actor: "x\x00"})
			w.ok(err)
			w.same(len(evs), 0)
		}},
	}
}

func auditFilters(w *world) {
	var evs []storage.AuditEvent
	for i := range 6 {
		ev := w.newEvent([]string{"a.x", "b.x"}[i%2])
		ev.Time = w.in(time.Duration(i) * time.Minute)
		ev.Actor, ev.Target, ev.Client = []string{"p", "q", "r"}[i%3], []string{"t", "u"}[i/3], []string{"c", "d"}[i%2]
		w.ok(w.AppendAudit(w.ctx, ev))
		evs = append(evs, *ev)
	}
	for name, one := range map[string]struct {
		f    storage.AuditFilter
		want []int
	}{
		"all":        {storage.AuditFilter{}, []int{0, 1, 2, 3, 4, 5}},
		"newest":     {storage.AuditFilter{Newest: true, Limit: 2}, []int{5, 4}},
		"after":      {storage.AuditFilter{After: evs[3].ID}, []int{4, 5}},
		"older than": {storage.AuditFilter{After: evs[2].ID, Newest: true}, []int{1, 0}},
		"type":       {storage.AuditFilter{Type: "b.x", Limit: 2}, []int{1, 3}},
		"actor":      {storage.AuditFilter{Actor: "q"}, []int{1, 4}},
		"target":     {storage.AuditFilter{Target: "u", Client: "d"}, []int{3, 5}},
		"since":      {storage.AuditFilter{Since: evs[4].Time}, []int{4, 5}},
		"until":      {storage.AuditFilter{Until: evs[2].Time}, []int{0, 1}},
		"none":       {storage.AuditFilter{Type: "c.x"}, nil},
	} {
		got, err := w.AuditEvents(w.ctx, w.tenant, one.f)
		w.ok(err)
		var want []storage.AuditEvent
		for _, i := range one.want {
			want = append(want, evs[i])
		}
		if len(got) != len(want) {
			w.Fatalf("%s: got %d events, want %d", name, len(got), len(want))
		}
		for i := range got {
			w.same(got[i], want[i])
		}
	}
	none, err := w.AuditEvents(w.ctx, w.id(), storage.AuditFilter{})
	w.ok(err)
	w.same(len(none), 0)
}

package audit

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jedan-auth/jedan-auth/storage"
)

// OfPerson lists what a person did and what was done to them: older than the given event (zero: from now), the newest first, at most limit. It reads
// two indexes as far as limit, however many events there are.
func (r *Recorder) OfPerson(ctx context.Context, from storage.AuditReader, tenant, person, before storage.ID, limit int) ([]Event, error) {
	var rows []storage.AuditEvent
	for _, f := range []storage.AuditFilter{{Actor: person.String()}, {Target: "person:" + person.String()}} {
		f.After, f.Limit, f.Newest = before, limit, true
		found, err := from.AuditEvents(ctx, tenant, f)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		rows = append(rows, found...)
	}
	slices.SortFunc(rows, func(a, b storage.AuditEvent) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	rows = slices.CompactFunc(rows, func(a, b storage.AuditEvent) bool { return a.ID == b.ID }) // what one did to oneself is found twice
	out := make([]Event, 0, limit)
	for _, row := range rows[:min(len(rows), limit)] {
		e, err := r.Open(row)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

package federation

import (
	"context"
	"log/slog"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// enrol brings somebody's memberships in line with what the upstream says by the connector's rules. Groups that no rule names are left alone, and a rule for a
// group that is not there does nothing: nobody makes groups from outside.
func (m *Module) enrol(ctx context.Context, from *Ready, id *Identity, person storage.ID) error {
	in, out := from.mapper.memberships(id)
	if len(in)+len(out) == 0 {
		return nil
	}
	now, err := m.d.Groups.NamesOf(ctx, person)
	if err != nil {
		return err
	}
	by := directory.Actor{Kind: audit.System, ID: "connector:" + from.Row.Name}
	for _, name := range in {
		if !slices.Contains(now, name) {
			if err := m.inGroup(ctx, name, person, by, m.d.Groups.AddPerson); err != nil {
				return err
			}
		}
	}
	for _, name := range out {
		if slices.Contains(now, name) {
			if err := m.inGroup(ctx, name, person, by, m.d.Groups.RemovePerson); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Module) inGroup(ctx context.Context, name string, person storage.ID, by directory.Actor, do func(context.Context, *storage.Group, storage.ID, directory.Actor) (bool, error)) error {
	row, err := m.d.Groups.ByName(ctx, name)
	if errs.Is(err, errs.NotFound) {
		m.d.Log.WarnContext(ctx, "a connector's rule names a group that is not there", slog.String("group", name))
		return nil
	}
	if err != nil {
		return err
	}
	_, err = do(ctx, row, person, by)
	return err
}

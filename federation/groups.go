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

// enrol brings somebody's memberships in line with what the upstream says by the connector's rules.
func (m *Module) enrol(ctx context.Context, from *Ready, id *Identity, person storage.ID) error {
	in, out := from.mapper.memberships(id)
	_, _, err := enrolment{m.d.Groups, m.d.Log, from}.apply(ctx, person, in, out)
	return err
}

// enrolment gives and takes memberships by a connector's rules. Groups that no rule names are left alone, and a rule for a group that is not there does nothing:
// nobody makes groups from outside.
type enrolment struct {
	groups Groups
	log    *slog.Logger
	from   *Ready
}

// apply says how many were given and taken.
func (e enrolment) apply(ctx context.Context, person storage.ID, in, out []string) (given, taken int, err error) {
	if len(in)+len(out) == 0 {
		return 0, 0, nil
	}
	now, err := e.groups.NamesOf(ctx, person)
	if err != nil {
		return 0, 0, err
	}
	in = slices.DeleteFunc(slices.Clone(in), func(name string) bool { return slices.Contains(now, name) })
	out = slices.DeleteFunc(slices.Clone(out), func(name string) bool { return !slices.Contains(now, name) })
	if given, err = e.each(ctx, in, person, e.groups.AddPerson); err != nil {
		return given, 0, err
	}
	taken, err = e.each(ctx, out, person, e.groups.RemovePerson)
	return given, taken, err
}

type groupChange func(ctx context.Context, group *storage.Group, person storage.ID, by directory.Actor) (bool, error)

func (e enrolment) each(ctx context.Context, names []string, person storage.ID, do groupChange) (n int, err error) {
	by := directory.Actor{Kind: audit.System, ID: "connector:" + e.from.Row.Name}
	for _, name := range names {
		row, err := e.group(ctx, name)
		if err != nil {
			return n, err
		}
		if row == nil {
			continue
		}
		done, err := do(ctx, row, person, by)
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}

// group is nil where no group is called that.
func (e enrolment) group(ctx context.Context, name string) (*storage.Group, error) {
	row, err := e.groups.ByName(ctx, name)
	if errs.Is(err, errs.NotFound) {
		e.log.WarnContext(ctx, "a connector's rule names a group that is not there", slog.String("group", name))
		return nil, nil
	}
	return row, err
}

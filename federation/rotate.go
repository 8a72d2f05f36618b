package federation

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Rotator is a kind whose connectors' own keys are replaced without a pause: the next ones are published before they are used, and the last still decrypt.
type Rotator interface {
	Kind
	// Rotate goes one step on. Where there are no next keys it adds them, beside those in use; where there are, they take the place of those. errs.Invalid where the
	// connector has no keys that can be replaced so.
	Rotate(name string, secrets map[string]string) (used bool, err error)
}

// Refresher has what its upstream publishes anew.
type Refresher interface {
	Connector
	// Refresh asks now. What does not count changes nothing, and is the error.
	Refresh(ctx context.Context) error
}

// RotateKeys replaces the keys of ours that a connector has, in two steps: used says which it was.
func (m *Manager) RotateKeys(ctx context.Context, name string, by directory.Actor) (used bool, err error) {
	err = m.touch(ctx, name, by, func(row *storage.Connector) error {
		kind, err := m.Registry.kind(row.Kind)
		if err != nil {
			return err
		}
		rotates, ok := kind.(Rotator)
		if !ok {
			return errs.New(errs.Invalid, "Connectors of this kind have no keys of ours.")
		}
		secrets, err := m.Registry.secrets(row)
		if err != nil {
			return err
		}
		if secrets == nil {
			secrets = map[string]string{}
		}
		if used, err = rotates.Rotate(row.Name, secrets); err != nil {
			return err
		}
		s, err := parseSettings([]byte(row.Settings))
		if err != nil {
			return err
		}
		if _, err := kind.Make(Setup{Name: row.Name, Config: s.Config, Secrets: secrets}); err != nil {
			return err
		}
		return m.seal(row, secrets)
	})
	return used, err
}

// Refresh has what the upstream publishes, here and then in every running server.
func (m *Manager) Refresh(ctx context.Context, name string, by directory.Actor) error {
	ready, err := m.Registry.ByName(ctx, name)
	if err != nil {
		return err
	}
	asks, ok := ready.Connector.(Refresher)
	if !ok {
		return errs.New(errs.Invalid, "The upstream of this connector has no metadata at an address.")
	}
	if err := asks.Refresh(ctx); err != nil {
		return err
	}
	return m.touch(ctx, name, by, func(*storage.Connector) error { return nil })
}

// touch changes a row, so that every server makes its connector anew. Connectors from files are touched, too: their rows keep what is not in the files.
func (m *Manager) touch(ctx context.Context, name string, by directory.Actor, change func(row *storage.Connector) error) error {
	row, err := m.ByName(ctx, name)
	if err != nil {
		return err
	}
	_, err = m.Store.UpdateConnector(ctx, m.Tenant, row.ID, func(row *storage.Connector) error {
		row.UpdatedAt = m.Now()
		return change(row)
	}, m.event(ctx, audit.ConnectorUpdate, row, by))
	return err
}

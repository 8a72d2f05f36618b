package federation

import (
	"context"
	"encoding/json"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Registrant is a kind that can make this server known to an upstream by itself, where a new connector's config asks for it (RFC 7591).
type Registrant interface {
	Kind
	// Register returns the config, secrets among it, with what the upstream gave us; as it is when it does not ask for that.
	Register(ctx context.Context, config json.RawMessage, us Ourselves) (json.RawMessage, error)
}

// Ourselves is what an upstream is told.
type Ourselves struct {
	Title        string
	Callback     string
	Backchannel  string
	Frontchannel string
	SignedOut    string
}

// register has a new connector's upstream told of us. One of a file is not: what it says would be another thing at each start.
func (m *Manager) register(ctx context.Context, d *Draft) error {
	kind, err := m.Registry.kind(d.Kind)
	if err != nil {
		return err
	}
	registers, ok := kind.(Registrant)
	if !ok || d.Managed {
		return nil
	}
	if m.Issuer == "" {
		return errs.New(errs.Internal, "federation: a manager that registers knows no issuer")
	}
	base := m.Issuer + "/federation/" + d.Name
	d.Settings.Config, err = registers.Register(ctx, d.Settings.Config, Ourselves{
		Title: m.Title, Callback: base + "/callback", Backchannel: base + "/backchannel", Frontchannel: base + "/frontchannel", SignedOut: base + "/signed-out",
	})
	return err
}

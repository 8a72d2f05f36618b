package federation

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Manager changes connectors: the one place for command line and files, later for API and console.
type Manager struct {
	Registry *Registry
	Store    interface {
		storage.ConnectorReader
		storage.ConnectorWriter
	}
	Ring   Ring
	Audit  Recorder
	Tenant storage.ID
	Issuer string // ours, without a trailing slash
	Title  string // what upstreams that we register with call us
	Now    func() time.Time
}

// Draft is a connector as an operator writes it. Secrets stand in settings.config where they belong, and are taken out of it before anything is stored.
type Draft struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Disabled bool     `json:"disabled,omitempty"`
	Managed  bool     `json:"managed,omitempty"` // shown only
	Settings Settings `json:"settings"`
}

// Create stores a new connector. errs.Invalid says what cannot be; errs.Conflict that the name is taken.
func (m *Manager) Create(ctx context.Context, d Draft, by directory.Actor) (*storage.Connector, error) {
	if err := ValidName(d.Name); err != nil {
		return nil, err
	}
	if err := m.register(ctx, &d); err != nil {
		return nil, err
	}
	now := m.Now()
	row := &storage.Connector{Tenant: m.Tenant, ID: storage.NewID(now), Name: d.Name, Kind: d.Kind, Managed: d.Managed, CreatedAt: now, UpdatedAt: now, Version: 1}
	if err := m.write(row, d, nil); err != nil {
		return nil, err
	}
	return row, m.Store.InsertConnector(ctx, row, m.event(ctx, audit.ConnectorCreate, row, by))
}

// Update replaces what may change. A draft without secrets keeps those that are there, unless they would go to somebody else now.
func (m *Manager) Update(ctx context.Context, name string, change func(d *Draft) error, by directory.Actor) (*storage.Connector, error) {
	row, err := m.ByName(ctx, name)
	if err != nil {
		return nil, err
	}
	if row.Managed {
		return nil, errs.New(errs.Forbidden, "This connector comes from a file, and is changed there.")
	}
	return m.Store.UpdateConnector(ctx, m.Tenant, row.ID, func(row *storage.Connector) error {
		d, err := m.Draft(row)
		if err != nil {
			return err
		}
		if err := change(&d); err != nil {
			return err
		}
		row.UpdatedAt = m.Now()
		return m.write(row, d, row)
	}, m.event(ctx, audit.ConnectorUpdate, row, by))
}

// Delete removes a connector with its links.
func (m *Manager) Delete(ctx context.Context, name string, by directory.Actor) error {
	row, err := m.ByName(ctx, name)
	if err != nil {
		return err
	}
	if row.Managed {
		return errs.New(errs.Forbidden, "This connector comes from a file. Remove the file.")
	}
	return m.Store.DeleteConnector(ctx, m.Tenant, row.ID, m.event(ctx, audit.ConnectorDelete, row, by))
}

// ByName finds a connector's row, be it switched off or not.
func (m *Manager) ByName(ctx context.Context, name string) (*storage.Connector, error) {
	row, err := m.Store.ConnectorByName(ctx, m.Tenant, name)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no such connector.", err)
	}
	return row, err
}

// Draft is a row as an operator sees it: without its secrets.
func (m *Manager) Draft(row *storage.Connector) (Draft, error) {
	d := Draft{Name: row.Name, Kind: row.Kind, Title: row.Title, Disabled: row.Disabled, Managed: row.Managed}
	s, err := parseSettings([]byte(row.Settings))
	d.Settings = s
	return d, err
}

// write puts a draft into a row, after everything about it has been judged. before is nil for a new one.
func (m *Manager) write(row *storage.Connector, d Draft, before *storage.Connector) error {
	kind, err := m.Registry.kind(row.Kind)
	if err != nil {
		return err
	}
	config, secrets, err := split(d.Settings.Config, kind.Secrets())
	if err != nil {
		return err
	}
	if secrets, err = m.keep(kind, before, config, secrets); err != nil {
		return err
	}
	if p, ok := kind.(Preparer); ok {
		if err := p.Prepare(row.Name, secrets); err != nil {
			return err
		}
	}
	if k, ok := kind.(Keyed); ok {
		if err := k.MakeOwn(config, secrets); err != nil {
			return err
		}
	}
	if _, err := kind.Make(Setup{Name: row.Name, Config: config, Secrets: secrets}); err != nil {
		return err
	}
	d.Settings.Config = config
	text, err := json.Marshal(d.Settings)
	if err != nil {
		return err
	}
	if d.Settings, err = parseSettings(text); err != nil {
		return err
	}
	if row.Title = d.Title; row.Title == "" {
		row.Title = row.Name
	}
	if !directory.Line(row.Title) || len(row.Title) > 80 {
		return errs.New(errs.Invalid, "A title is one line of at most 80 bytes.")
	}
	row.Settings, row.Disabled = string(text), d.Disabled
	return m.seal(row, secrets)
}

// keep returns the secrets that there are from now on: those that are given, or else those that are there, if the new config uses them for whom the
// old one did: a stored secret never goes to another host. What is ours stays beside what is given.
func (m *Manager) keep(kind Kind, before *storage.Connector, config json.RawMessage, given map[string]string) (map[string]string, error) {
	own := ownOf(kind)
	if before == nil || len(given) > 0 && len(own) == 0 {
		return given, nil
	}
	secrets, err := m.Registry.secrets(before)
	if err != nil || len(secrets) == 0 {
		return given, err
	}
	moved, err := moves(kind, before, config)
	if err != nil {
		return nil, err
	}
	isOwn := func(name, _ string) bool { return slices.Contains(own, name) }
	if moved {
		maps.DeleteFunc(secrets, isOwn) // ours, for another upstream: new ones are made
		if _, ours := kind.(Preparer); len(given) == 0 && len(secrets) > 0 && !ours {
			return nil, errs.New(errs.Invalid, "The secret was given for another server or client. Give the new one's, or none, with this change.")
		}
		return given, nil
	}
	foreign := slices.ContainsFunc(slices.Collect(maps.Keys(given)), func(name string) bool { return !isOwn(name, "") })
	for name, value := range secrets {
		if _, replaced := given[name]; !replaced && (isOwn(name, "") || !foreign) {
			given[name] = value
		}
	}
	return given, nil
}

func ownOf(kind Kind) []string {
	if k, ok := kind.(Keyed); ok {
		return k.Own()
	}
	return nil
}

// moves says whether the new config uses secrets for somebody else than the old one did.
func moves(kind Kind, before *storage.Connector, config json.RawMessage) (bool, error) {
	old, err := parseSettings([]byte(before.Settings))
	if err != nil {
		return false, err
	}
	was, err := kind.Audience(old.Config)
	if err != nil {
		return false, err
	}
	is, err := kind.Audience(config)
	if err != nil {
		return false, errs.Wrap(errs.Invalid, "config is not what this kind of connector has.", err)
	}
	return was != is, nil
}

func (m *Manager) seal(row *storage.Connector, secrets map[string]string) error {
	row.Secrets = storage.Connector{}.Secrets
	if len(secrets) == 0 {
		return nil
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	row.Secrets = m.Ring.Seal(secretsAt(row), plain)
	return nil
}

// split takes the secrets out of a config.
func split(config json.RawMessage, names []string) (rest json.RawMessage, secrets map[string]string, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(config, &members); err != nil || members == nil {
		return nil, nil, errs.New(errs.Invalid, "config is a JSON object.")
	}
	secrets = map[string]string{}
	for _, name := range names {
		raw, given := members[name]
		if !given {
			continue
		}
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, nil, errs.New(errs.Invalid, name+" is a text.")
		}
		if delete(members, name); text != "" {
			secrets[name] = text
		}
	}
	rest, err = json.Marshal(members)
	return rest, secrets, err
}

func (m *Manager) event(ctx context.Context, kind string, row *storage.Connector, by directory.Actor) *storage.AuditEvent {
	return m.Audit.Row(ctx, m.Tenant, audit.Event{
		Type: kind, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "connector:" + row.Name, Outcome: audit.Success, Data: map[string]any{"kind": row.Kind},
	})
}

// Said is what a dry run shows: what the rules make of claims.
type Said struct {
	Profile map[string]any `json:"profile"` // as a new account would have it
	Strong  bool           `json:"mfa"`     // whether its second factor would count
	Joins   []string       `json:"joins"`   // groups here that the rules give
	Leaves  []string       `json:"leaves"`  // and take
}

func said(from *Ready, id *Identity) Said {
	in, out := from.mapper.memberships(id)
	return Said{Profile: newcomer(from.mapper.apply(id)), Strong: from.mapper.strong(id), Joins: in, Leaves: out}
}

// Try applies a connector's rules to claims that an operator brings; nothing is created or linked.
func (m *Manager) Try(row *storage.Connector, id *Identity) (Said, error) {
	ready, err := m.Registry.Make(row)
	if err != nil {
		return Said{}, err
	}
	return said(ready, id), nil
}

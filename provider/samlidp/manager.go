package samlidp

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Fetcher gets documents of other servers; errs.Unavailable when it cannot.
type Fetcher interface {
	Document(ctx context.Context, url string) ([]byte, error)
}

// Manager changes applications: the one place for the command line, later for API and console.
type Manager struct {
	Store interface {
		storage.SAMLAppReader
		storage.SAMLAppWriter
	}
	Audit  core.Auditor
	Fetch  Fetcher
	Tenant storage.ID
	Now    func() time.Time
}

// Draft is an application as an operator writes it.
type Draft struct {
	Name     string   `json:"name"`
	EntityID string   `json:"entity_id"`
	Title    string   `json:"title"`
	Disabled bool     `json:"disabled,omitempty"`
	Settings Settings `json:"settings"`
}

// Describe puts what metadata says into a draft: addresses and keys are the metadata's, the rest stays where it is given. Without an entity ID in the draft
// the metadata has one application.
func (m *Manager) Describe(ctx context.Context, d *Draft, metadata []byte) error {
	id, s, err := readMetadata(ctx, metadata, d.EntityID, m.Now(), d.Settings)
	if err != nil {
		return err
	}
	d.EntityID, d.Settings = id, s
	return nil
}

// DescribeBy is Describe with the metadata of an address, which is fetched this once: what it says later changes nothing.
func (m *Manager) DescribeBy(ctx context.Context, d *Draft, url string) error {
	raw, err := m.Fetch.Document(ctx, url)
	if err != nil {
		return err
	}
	return m.Describe(ctx, d, raw)
}

// Create stores a new application. errs.Invalid says what cannot be; errs.Conflict that the name or the entity ID is taken.
func (m *Manager) Create(ctx context.Context, d Draft, by directory.Actor) (*storage.SAMLApp, error) {
	if err := validName(d.Name); err != nil {
		return nil, err
	}
	now := m.Now()
	row := &storage.SAMLApp{Tenant: m.Tenant, ID: storage.NewID(now), Name: d.Name, CreatedAt: now, UpdatedAt: now, Version: 1}
	var err error
	if d.Settings, err = d.Settings.preset(); err != nil {
		return nil, err
	}
	if err := write(row, d); err != nil {
		return nil, err
	}
	return row, taken(m.Store.InsertSAMLApp(ctx, row, m.event(ctx, audit.SAMLAppCreate, row, by)))
}

// Update replaces what may change.
func (m *Manager) Update(ctx context.Context, name string, change func(d *Draft) error, by directory.Actor) (*storage.SAMLApp, error) {
	row, err := m.ByName(ctx, name)
	if err != nil {
		return nil, err
	}
	row, err = m.Store.UpdateSAMLApp(ctx, m.Tenant, row.ID, func(row *storage.SAMLApp) error {
		d, err := m.Draft(row)
		if err != nil {
			return err
		}
		if err := change(&d); err != nil {
			return err
		}
		row.UpdatedAt = m.Now()
		return write(row, d)
	}, m.event(ctx, audit.SAMLAppUpdate, row, by))
	return row, taken(err)
}

func taken(err error) error {
	if errs.Is(err, errs.Conflict) {
		return errs.Wrap(errs.Conflict, "There is an application of that name, or of that entity ID, already.", err)
	}
	return err
}

// Delete removes an application, what sessions remember of it and what people allowed it.
func (m *Manager) Delete(ctx context.Context, name string, by directory.Actor) error {
	row, err := m.ByName(ctx, name)
	if err != nil {
		return err
	}
	return m.Store.DeleteSAMLApp(ctx, m.Tenant, row.ID, m.event(ctx, audit.SAMLAppDelete, row, by))
}

// ByName finds an application's row, be it switched off or not.
func (m *Manager) ByName(ctx context.Context, name string) (*storage.SAMLApp, error) {
	row, err := m.Store.SAMLAppByName(ctx, m.Tenant, name)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no such application.", err)
	}
	return row, err
}

// Draft is a row as an operator sees it.
func (m *Manager) Draft(row *storage.SAMLApp) (Draft, error) {
	s, err := parseSettings([]byte(row.Settings))
	return Draft{Name: row.Name, EntityID: row.EntityID, Title: row.Title, Disabled: row.Disabled, Settings: s}, err
}

// write puts a draft into a row, after everything about it has been judged.
func write(row *storage.SAMLApp, d Draft) error {
	if !entityID(d.EntityID) {
		return errs.New(errs.Invalid, "An entity ID is one line of at most 1,024 bytes. Give it, or metadata.")
	}
	if d.Title == "" {
		d.Title = row.Name
	}
	if !directory.Line(d.Title) || len(d.Title) > 80 {
		return errs.New(errs.Invalid, "A title is one line of at most 80 bytes.")
	}
	if d.Settings.Template != "" {
		if _, err := d.Settings.preset(); err != nil {
			return err
		}
	}
	text, err := json.Marshal(d.Settings)
	if err != nil {
		return err
	}
	row.EntityID, row.Title, row.Settings, row.Disabled = d.EntityID, d.Title, string(text), d.Disabled
	_, err = newApp(row)
	return err
}

func (m *Manager) event(ctx context.Context, kind string, row *storage.SAMLApp, by directory.Actor) *storage.AuditEvent {
	return m.Audit.Row(ctx, m.Tenant, audit.Event{
		Type: kind, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "saml_app:" + row.Name, Client: ClientPrefix + row.Name, Outcome: audit.Success,
	})
}

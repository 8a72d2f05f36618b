package federation

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Adopt brings the rows of connectors that come from files in line with a folder: NAME.json is the connector NAME. A name that the database has by itself, and a
// file that cannot be used, stop it. A connector whose file is gone is switched off: its people's links stay for when it comes back.
func (m *Manager) Adopt(ctx context.Context, dir string) error {
	drafts, err := m.readDrafts(dir)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		if err := m.adopt(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, d.Name+".json"), err)
		}
	}
	return m.orphans(ctx, drafts)
}

func fromFile() directory.Actor { return directory.Actor{Kind: audit.System, ID: "connectors.d"} }

func (m *Manager) readDrafts(dir string) ([]Draft, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Draft
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), ".json")
		if !is || e.IsDir() {
			continue
		}
		d, err := m.readDraft(filepath.Join(dir, e.Name()), name)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (m *Manager) readDraft(path, name string) (Draft, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // G304: the operator's own folder
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	if err := Strict(bytes.TrimSpace(raw), &d); err != nil {
		return d, errs.Wrap(errs.Invalid, path+" is not a JSON object with kind, title, disabled and settings.", err)
	}
	if d.Name != "" && d.Name != name {
		return d, errs.New(errs.Invalid, path+" names another connector than the file does.")
	}
	d.Name, d.Managed = name, true
	kind, err := m.Registry.kind(d.Kind)
	if err != nil {
		return d, fmt.Errorf("%s: %w", path, err)
	}
	d.Settings.Config, err = withSecretFiles(d.Settings.Config, kind.Secrets(), filepath.Dir(path))
	return d, err
}

// withSecretFiles reads SECRET_file members, so that a file need not hold what it protects. Paths are from the folder of the connector's file.
func withSecretFiles(config json.RawMessage, names []string, dir string) (json.RawMessage, error) {
	var members map[string]any
	if err := json.Unmarshal(config, &members); err != nil {
		return config, nil //nolint:nilerr // the kind says what is wrong with it
	}
	for _, name := range names {
		path, ok := members[name+"_file"].(string)
		if !ok {
			continue
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		secret, err := os.ReadFile(path) //nolint:gosec // G304: the operator names it
		if err != nil {
			return nil, err
		}
		delete(members, name+"_file")
		members[name] = SecretText(secret)
	}
	return json.Marshal(members)
}

// SecretText is a file's secret as settings have it: text without the end of its line, and base64 for what is no text, such as a keytab.
func SecretText(raw []byte) string {
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return base64.StdEncoding.EncodeToString(raw)
	}
	return strings.TrimRight(string(raw), "\r\n")
}

func (m *Manager) adopt(ctx context.Context, d Draft) error {
	row, err := m.ByName(ctx, d.Name)
	if errs.Is(err, errs.NotFound) {
		_, err = m.Create(ctx, d, fromFile())
		if !errs.Is(err, errs.Conflict) {
			return err
		}
		row, err = m.ByName(ctx, d.Name) // another node was quicker
	}
	switch {
	case err != nil:
		return err
	case !row.Managed:
		return errs.New(errs.Conflict, "The database has a connector of this name by itself. Delete it, or the file.")
	case row.Kind != d.Kind:
		return errs.New(errs.Conflict, "This connector is of another kind. Give the new one another name.")
	}
	return m.follow(ctx, row, d)
}

// follow writes a row only if the file says something else.
func (m *Manager) follow(ctx context.Context, row *storage.Connector, d Draft) error {
	next := *row
	if err := m.write(&next, d, row); err != nil {
		return err
	}
	same, err := m.same(&next, row)
	if err != nil || same {
		return err
	}
	_, err = m.Store.UpdateConnector(ctx, m.Tenant, row.ID, func(row *storage.Connector) error {
		row.UpdatedAt = m.Now()
		return m.write(row, d, row)
	}, m.event(ctx, audit.ConnectorUpdate, row, fromFile()))
	return err
}

func (m *Manager) same(a, b *storage.Connector) (bool, error) {
	x, err := m.Registry.secrets(a)
	if err != nil {
		return false, err
	}
	y, err := m.Registry.secrets(b)
	return a.Settings == b.Settings && a.Title == b.Title && a.Disabled == b.Disabled && maps.Equal(x, y), err
}

// orphans switches off those whose file is gone.
func (m *Manager) orphans(ctx context.Context, drafts []Draft) error {
	for after := (storage.ID{}); ; {
		rows, err := m.Store.Connectors(ctx, m.Tenant, after, batch)
		if err != nil {
			return err
		}
		for i := range rows {
			after = rows[i].ID
			if !rows[i].Managed || rows[i].Disabled || slices.ContainsFunc(drafts, func(d Draft) bool { return d.Name == rows[i].Name }) {
				continue
			}
			if err := m.orphan(ctx, &rows[i]); err != nil {
				return err
			}
		}
		if len(rows) < batch {
			return nil
		}
	}
}

func (m *Manager) orphan(ctx context.Context, row *storage.Connector) error {
	_, err := m.Store.UpdateConnector(ctx, m.Tenant, row.ID, func(row *storage.Connector) error {
		row.Disabled, row.UpdatedAt = true, m.Now()
		return nil
	}, m.event(ctx, audit.ConnectorUpdate, row, fromFile()))
	return err
}

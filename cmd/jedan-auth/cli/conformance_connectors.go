package cli

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// suiteConnectors are the server's, as conformance/runner uses them.
type suiteConnectors struct {
	a     *app.App
	now   func() time.Time
	since time.Time  // the connector was made
	row   storage.ID // its own: zero, when there is none
}

// Connect implements runner.Connectors.
func (s *suiteConnectors) Connect(ctx context.Context, name, title string, config, settings map[string]any) (refused string, err error) {
	members := map[string]any{"create": true, "config": config}
	maps.Copy(members, settings)
	raw, err := json.Marshal(map[string]any{"name": name, "kind": "oidc", "title": title, "settings": members})
	if err != nil {
		return "", err
	}
	var d federation.Draft
	if err := federation.Strict(raw, &d); err != nil {
		return "", err
	}
	s.since, s.row = s.now(), storage.ID{}
	row, err := s.a.Connectors.Create(ctx, d, person())
	if err == nil {
		s.row = row.ID
	}
	if unsound, is := errors.AsType[*federation.Unsound](err); is {
		return unsound.Check, nil
	}
	return "", err
}

// Disconnect implements runner.Connectors. A connector of this name that the run has not made stays, with its people.
func (s *suiteConnectors) Disconnect(ctx context.Context, name string) error {
	row, err := s.a.Connectors.ByName(ctx, name)
	if err != nil {
		return gone(err)
	}
	if s.row.IsZero() || row.ID != s.row {
		return nil
	}
	people, err := s.made(ctx, row.ID)
	if err != nil {
		return err
	}
	var all error
	for _, l := range people {
		all = errors.Join(all, gone(s.a.ErasePerson(ctx, l.Person, person())))
	}
	return errors.Join(all, s.a.Connectors.Delete(ctx, name, person()))
}

// Token implements runner.Connectors: the token of whoever was made last.
func (s *suiteConnectors) Token(ctx context.Context, name string) (string, error) {
	row, err := s.a.Connectors.ByName(ctx, name)
	if err != nil {
		return "", err
	}
	people, err := s.made(ctx, row.ID)
	if err != nil {
		return "", err
	}
	if len(people) == 0 {
		return "", errs.New(errs.NotFound, "The connector has made nobody.")
	}
	tokens, err := s.a.Connectors.TokensOf(&people[len(people)-1])
	if err != nil {
		return "", err
	}
	return tokens.Access, nil
}

// made are the links of those whom the connector has made, oldest first. People's ids are ordered by time: only those whom it may have made are looked at.
func (s *suiteConnectors) made(ctx context.Context, connector storage.ID) ([]storage.Link, error) {
	var out []storage.Link
	for after := storage.NewID(s.since.Add(-time.Second)); ; {
		people, err := s.a.DB.People(ctx, s.a.Tenant, after, batch)
		if err != nil {
			return nil, err
		}
		for i := range people {
			after = people[i].ID
			links, err := s.a.DB.LinksOf(ctx, s.a.Tenant, people[i].ID)
			if err != nil {
				return nil, err
			}
			out = append(out, slices.DeleteFunc(links, func(l storage.Link) bool { return l.Connector != connector })...)
		}
		if len(people) < batch {
			return out, nil
		}
	}
}

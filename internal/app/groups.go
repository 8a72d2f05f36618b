package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// allowing calls for every client whose list of who may use it names the person.
func (a *App) allowing(ctx context.Context, person storage.ID, visit func(c *storage.Client, name string) error) error {
	p, err := a.DB.PersonByID(ctx, a.Tenant, person)
	if err != nil {
		return err
	}
	name := core.AllowedPerson + p.Subject
	for after := (storage.ID{}); ; {
		list, err := a.DB.Clients(ctx, a.Tenant, after, exportBatch)
		if err != nil {
			return err
		}
		for i := range list {
			after = list[i].ID
			if !slices.Contains(list[i].Metadata.Allowed, name) {
				continue
			}
			if err := visit(&list[i], name); err != nil {
				return err
			}
		}
		if len(list) < exportBatch {
			return nil
		}
	}
}

// forgetAllowed takes a person out of every client's list. A list that becomes empty lets nobody in.
func (a *App) forgetAllowed(ctx context.Context, person storage.ID, by directory.Actor) error {
	return a.allowing(ctx, person, func(c *storage.Client, name string) error {
		ev := a.Audit.Row(ctx, a.Tenant, audit.Event{
			Type: audit.ClientUpdate, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "client:" + c.ClientID, Client: c.ClientID,
			Data: map[string]any{"members": []string{"jedan_allowed"}},
		})
		_, err := a.DB.UpdateClient(ctx, a.Tenant, c.ID, func(c *storage.Client) error {
			c.Metadata.Allowed = slices.DeleteFunc(slices.Clone(c.Metadata.Allowed), func(s string) bool { return s == name })
			return nil
		}, ev)
		return err
	})
}

// exportAllowed writes the clients that allow the person by name.
func (a *App) exportAllowed(ctx context.Context, out *bufio.Writer, person storage.ID) error {
	ids := []string{}
	err := a.allowing(ctx, person, func(c *storage.Client, _ string) error {
		ids = append(ids, c.ClientID)
		return nil
	})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(ids)
	_, _ = fmt.Fprintf(out, ",\n%q:%s", "allowed_by_clients", raw) //nolint:errcheck // a failed write fails Flush
	return err
}

package register

import (
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Row implements core.Descriptions.
func (d *Documents) Row(id storage.ID) (*storage.Client, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.kept[d.rows[id]]
	if !ok {
		return nil, false
	}
	return at.Value.(*described).client, true //nolint:forcetypeassert // nothing else is put in
}

// Keep implements core.Descriptions.
func (d *Documents) Keep(ctx context.Context, c *storage.Client) error {
	standing, err := d.r.d.Store.ClientByClientID(ctx, c.Tenant, c.ClientID)
	if errs.Is(err, errs.NotFound) {
		err = d.insert(ctx, c)
		if errs.Is(err, errs.Conflict) { // another request was faster
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	return d.update(ctx, standing, c)
}

// documentMark stands in the place of a registration token, so that rows like this count among those that strangers made; no token hashes to it.
func documentMark() []byte { return []byte("described by a document") }

func (d *Documents) insert(ctx context.Context, c *storage.Client) error {
	row := *c
	row.RegistrationHash = documentMark()
	row.CreatedAt = d.r.d.Now()
	row.UpdatedAt = row.CreatedAt
	ev := d.r.event(ctx, audit.ClientCreate, c.ClientID, Actor{Kind: audit.System, ID: "client-document"}, map[string]any{"described": true})
	return d.r.d.Store.InsertRegistered(ctx, &row, d.c.MaxClients, ev)
}

// update writes down what the document says now; what only an operator sets stays.
func (d *Documents) update(ctx context.Context, standing, c *storage.Client) error {
	next := c.Metadata
	keepOurs(&next, &standing.Metadata)
	before, err := members(&standing.Metadata)
	if err != nil {
		return err
	}
	after, err := members(&next)
	if err != nil {
		return err
	}
	names := changed(before, after)
	if len(names) == 0 {
		return nil
	}
	ev := d.r.event(ctx, audit.ClientUpdate, c.ClientID, Actor{Kind: audit.System, ID: "client-document"}, map[string]any{"members": names})
	_, err = d.r.d.Store.UpdateClient(ctx, c.Tenant, standing.ID, func(row *storage.Client) error {
		if row.Version != standing.Version {
			return errAlready
		}
		row.Metadata = next
		return nil
	}, ev)
	if errors.Is(err, errAlready) {
		return nil
	}
	return err
}

// errAlready: another request wrote the row meanwhile, from the same document.
var errAlready = errors.New("register: the row has been written")

func (d *Documents) find(clientID string) *described {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.kept[clientID]
	if !ok {
		return nil
	}
	d.recent.MoveToFront(at)
	return at.Value.(*described) //nolint:forcetypeassert // as above
}

// keep forgets what was used least recently when there is too much.
func (d *Documents) keep(c *described) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, ok := d.kept[c.url]; ok {
		at.Value = c
		return
	}
	if d.recent.Len() >= maxDescribed {
		old := d.recent.Remove(d.recent.Back()).(*described) //nolint:forcetypeassert // as above
		delete(d.kept, old.url)
		delete(d.rows, old.client.ID)
	}
	d.kept[c.url], d.rows[c.client.ID] = d.recent.PushFront(c), c.url
}

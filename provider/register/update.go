package register

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Change is a change to a client; what is nil stays.
type Change struct {
	Metadata func(m *storage.ClientMetadata) error // gets the metadata as it stands and changes it
	Disabled *bool
	Actor    Actor

	self *storage.Client // set when the client changes itself: as it stood when its token was checked; the token is renewed
}

// Update changes a client. A client that begins to authenticate with a secret gets one, and one that stops loses it. Errors are those of Create;
// errs.NotFound; errs.Conflict when somebody else changed the client at the same moment.
func (r *Registrar) Update(ctx context.Context, clientID string, ch Change) (*Registered, error) {
	old, err := r.d.Store.ClientByClientID(ctx, r.d.Tenant, clientID)
	if err != nil {
		return nil, unknownClient(err)
	}
	before, err := members(&old.Metadata)
	if err != nil {
		return nil, err
	}
	if ch.self != nil && (ch.self.ID != old.ID || ch.self.Version != old.Version) {
		return nil, changedMeanwhile()
	}
	next, weak := *old, old.Metadata.WeakSecret
	if ch.Metadata != nil {
		if err := ch.Metadata(&next.Metadata); err != nil {
			return nil, err
		}
	}
	if ch.Disabled != nil {
		next.Disabled = *ch.Disabled
	}
	next.Metadata.WeakSecret = weak // says what the secret is; metadata cannot change it
	r.settle(&next.Metadata)
	if err := r.judge(ctx, &next.Metadata, &old.Metadata); err != nil {
		return nil, err
	}
	shown, err := r.adjustSecret(ctx, &next)
	if err != nil {
		return nil, err
	}
	access := ""
	if ch.self != nil {
		access = r.giveAccess(&next)
	}
	after, err := members(&next.Metadata)
	if err != nil {
		return nil, err
	}
	ev := r.event(ctx, audit.ClientUpdate, clientID, ch.Actor, map[string]any{
		"members": changed(before, after), "disabled": next.Disabled, "new_secret": shown != "", "first_party": next.Metadata.FirstParty,
	})
	row, err := r.d.Store.UpdateClient(ctx, r.d.Tenant, old.ID, replace(old.Version, next), ev)
	if err != nil {
		return nil, unknownClient(err)
	}
	return &Registered{Client: row, Access: access, Secret: shown, Warnings: warnings(&row.Metadata)}, nil
}

func changedMeanwhile() error {
	return errs.New(errs.Conflict, "Somebody else changed this client first. Look at it and try again.")
}

// replace writes what was judged, if the row is still the one it was judged against.
func replace(version int64, next storage.Client) func(*storage.Client) error {
	return func(row *storage.Client) error {
		if row.Version != version {
			return changedMeanwhile()
		}
		row.RegistrationHash, row.RegistrationKey = next.RegistrationHash, next.RegistrationKey
		row.Metadata, row.Disabled = next.Metadata, next.Disabled
		row.SecretHash, row.SecretKey, row.SecretPHC, row.SecretSealed = next.SecretHash, next.SecretKey, next.SecretPHC, next.SecretSealed
		return nil
	}
}

// adjustSecret makes the row's secret fit its authentication.
func (r *Registrar) adjustSecret(ctx context.Context, c *storage.Client) (shown string, err error) {
	size := secretSize(&c.Metadata)
	switch {
	case !hasSecret(&c.Metadata):
		secret{}.put(c)
		return "", nil
	case size > 0 && !c.SecretSealed.IsZero():
		return "", r.longEnough(c, size)
	case size == 0 && (len(c.SecretHash) > 0 || c.SecretPHC != ""):
		return "", nil
	}
	return r.firstSecret(ctx, c, "") // none, or one that is kept in the way of another method
}

// longEnough judges the secret that stands against an algorithm that may be new.
func (r *Registrar) longEnough(c *storage.Client, size int) error {
	known, err := r.d.Ring.Open(core.SecretAt(c), c.SecretSealed)
	if err != nil {
		return err
	}
	if len(known) < size {
		return refuse("token_endpoint_auth_signing_alg", "needs a longer secret: rotate it with one of enough characters first")
	}
	return nil
}

// RotateSecret replaces the client's secret at once: a generated one, or the one that is chosen. weak allows a chosen one that is short.
func (r *Registrar) RotateSecret(ctx context.Context, clientID, chosen string, weak bool, by Actor) (*Registered, error) {
	old, err := r.d.Store.ClientByClientID(ctx, r.d.Tenant, clientID)
	if err != nil {
		return nil, unknownClient(err)
	}
	if !hasSecret(&old.Metadata) {
		return nil, errs.New(errs.Invalid, "This client authenticates without a secret.")
	}
	s, err := r.newSecret(ctx, old, chosen, weak)
	if err != nil {
		return nil, err
	}
	ev := r.event(ctx, audit.ClientSecretRotate, clientID, by, map[string]any{"chosen_secret": chosen != "", "weak_secret": s.weak})
	row, err := r.d.Store.UpdateClient(ctx, r.d.Tenant, old.ID, func(row *storage.Client) error {
		if row.Metadata.TokenEndpointAuthMethod != old.Metadata.TokenEndpointAuthMethod {
			return changedMeanwhile()
		}
		s.put(row)
		return nil
	}, ev)
	if err != nil {
		return nil, unknownClient(err)
	}
	return &Registered{Client: row, Secret: s.shown, Warnings: warnings(&row.Metadata)}, nil
}

// Delete removes a client with its consents and ends its grants.
func (r *Registrar) Delete(ctx context.Context, clientID string, by Actor) error {
	c, err := r.d.Store.ClientByClientID(ctx, r.d.Tenant, clientID)
	if err != nil {
		return unknownClient(err)
	}
	ev := r.event(ctx, audit.ClientDelete, clientID, by, nil)
	return unknownClient(r.d.Store.DeleteClient(ctx, r.d.Tenant, c.ID, r.d.Now(), ev))
}

func unknownClient(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.Wrap(errs.NotFound, "There is no such client.", err)
	}
	return err
}

func members(m *storage.ClientMetadata) (map[string]json.RawMessage, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "The metadata cannot be written as JSON.", err)
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, errs.Wrap(errs.Internal, "", err)
	}
	return out, nil
}

// changed lists the names of members that are not what they were.
func changed(before, after map[string]json.RawMessage) []string {
	out := []string{}
	both := maps.Clone(before)
	maps.Copy(both, after)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		if string(before[name]) != string(after[name]) {
			out = append(out, name)
		}
	}
	return out
}

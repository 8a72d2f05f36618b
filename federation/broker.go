package federation

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxLinks bounds the upstreams of one person.
const maxLinks = 20

// kept is what a link remembers of somebody there.
type kept struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"` // what they are called there, for their own eyes
}

// called is what somebody is called at the upstream.
func (id *Identity) called() string {
	for _, name := range []string{"email", "preferred_username", "name"} {
		if text, _ := id.Profile[name].(string); text != "" && len(text) <= 256 {
			return text
		}
	}
	return ""
}

// keys are the indexes by which an identity's link is found.
func (m *Module) keys(from *Ready, id *Identity) []byte {
	return linkMark(m.d.Ring, m.d.Tenant, from.Row.ID, id.Key)
}

func identityAt(l *storage.Link) seal.Location {
	return seal.Location{Table: "links", Column: "identity", Tenant: l.Tenant, Row: l.ID}
}

// sealed are the link's columns as the identity has them now.
func (m *Module) sealed(l *storage.Link, from *Ready, id *Identity) (identity, tokens seal.Text, err error) {
	plain, err := json.Marshal(kept{Key: id.Key, Name: id.called()})
	if err != nil {
		return identity, tokens, err
	}
	identity = m.d.Ring.Seal(identityAt(l), plain)
	tokens, err = m.sealedTokens(l, from, id.Tokens)
	return identity, tokens, err
}

func tokensAt(l *storage.Link) seal.Location {
	return seal.Location{Table: "links", Column: "tokens", Tenant: l.Tenant, Row: l.ID}
}

// sealedTokens keeps tokens where the operator wants them kept, or where they are needed to ask again.
func (m *Module) sealedTokens(l *storage.Link, from *Ready, t *Tokens) (seal.Text, error) {
	if _, asks := from.Connector.(Rechecker); t == nil || !from.Settings.Tokens && !asks {
		return seal.Text{}, nil
	}
	plain, err := json.Marshal(t)
	if err != nil {
		return seal.Text{}, err
	}
	return m.d.Ring.Seal(tokensAt(l), plain), nil
}

// identified goes on with somebody whose upstream has said who they are.
func (m *Module) identified(c *gin.Context, t *trip, from *Ready, id *Identity) error {
	if id.Key == "" || len(id.Key) > 1024 {
		return m.refused(c, t, from, &Refusal{Check: "identity.key", Expected: "a key of at most 1,024 bytes", Received: "none, or a longer one", Reason: "key"})
	}
	if !t.Person.IsZero() {
		return m.linkOwn(c, t, from, id)
	}
	ctx := c.Request.Context()
	l, err := m.d.Store.LinkByKey(ctx, m.d.Tenant, from.Row.ID, m.keys(from, id))
	switch {
	case err == nil:
		return m.known(c, t, from, id, l)
	case !errs.Is(err, errs.NotFound):
		return err
	}
	if t.Wish.Silent {
		return m.refused(c, t, from, &Refusal{Check: "identity.silent", Expected: "somebody who has an account", Received: "nobody", Reason: "unknown"})
	}
	return m.unknown(c, t, from, id)
}

// known signs in who is linked.
func (m *Module) known(c *gin.Context, t *trip, from *Ready, id *Identity, l *storage.Link) error {
	ctx := c.Request.Context()
	p, err := m.d.Store.PersonByID(ctx, m.d.Tenant, l.Person)
	if err != nil {
		return err
	}
	cmd := storage.UseLink{Tenant: m.d.Tenant, ID: l.ID, Now: m.d.Now()}
	if cmd.Identity, cmd.Tokens, err = m.sealed(l, from, id); err != nil {
		return err
	}
	used, err := m.d.Store.UseLink(ctx, cmd)
	if err != nil {
		return err
	}
	if !used { // unlinked a moment ago
		return m.unknown(c, t, from, id)
	}
	if p, err = m.overwrite(ctx, from, id, p); err != nil {
		return err
	}
	return m.finish(c, t, from, id, l.ID, p)
}

// finish signs somebody in. What they proved upstream counts as one factor, unless the connector's rule says otherwise (FE09).
func (m *Module) finish(c *gin.Context, t *trip, from *Ready, id *Identity, link storage.ID, p *storage.Person) error {
	if err := m.enrol(c.Request.Context(), from, id, p.ID); err != nil {
		return err
	}
	by := from
	if t.Via != nil { // whose rule it is, which knows by what method they came
		by = t.Via
	}
	proof := Proof{
		Strong: by.mapper.strong(id), Method: t.Method, Kind: "federation:" + by.Row.Name, Since: t.Since, Until: id.Until,
		Upstream: m.upstream(from, id, link), Name: t.Name,
	}
	if proof.Strong {
		proof.AMR = id.AMR
	}
	if err := m.d.Flows.Finish(c, t.Flow, p, proof); err != nil {
		return err
	}
	m.d.Meter.AuthRequest("federation", "success")
	return nil
}

// overwrite takes over the claims whose upstream word counts at each sign-in. Addresses and names by which people are found are never among them.
func (m *Module) overwrite(ctx context.Context, from *Ready, id *Identity, p *storage.Person) (*storage.Person, error) {
	if len(from.Settings.Overwrite) == 0 {
		return p, nil
	}
	now, err := m.d.People.Claims(p)
	if err != nil {
		return nil, err
	}
	said, patch := from.mapper.apply(id), directory.Claims{}
	for _, name := range from.Settings.Overwrite {
		if value, ok := said[name]; ok && !identifies(name) && !same(now[name], value) {
			patch[name] = value
		}
	}
	if len(patch) == 0 {
		return p, nil
	}
	next, err := m.d.People.Update(ctx, m.d.Tenant, p.ID, directory.UpdatePerson{Claims: patch}, directory.Actor{Kind: audit.System, ID: "connector:" + from.Row.Name})
	if errs.Is(err, errs.Invalid) {
		m.d.Log.WarnContext(ctx, "an upstream's claims were not taken over", slog.String("connector", from.Row.Name), slog.Any("error", err))
		return p, nil
	}
	return next, err
}

func identifies(claim string) bool {
	return claim == "email" || claim == "email_verified" || claim == "username" || claim == "phone_number" || claim == "phone_number_verified"
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// row is a new link of the person.
func (m *Module) row(from *Ready, id *Identity, person storage.ID) (*storage.Link, error) {
	now := m.d.Now()
	l := &storage.Link{
		Tenant: m.d.Tenant, ID: storage.NewID(now), Connector: from.Row.ID, Key: m.keys(from, id), Person: person, CreatedAt: now, UsedAt: now,
	}
	var err error
	l.Identity, l.Tokens, err = m.sealed(l, from, id)
	return l, err
}

// endMark is by what sessions are found when the upstream says that one of its own, or all of somebody's, have ended; nil for what it did not name.
func (m *Module) endMark(from *Ready, kind, value string) []byte {
	if value == "" {
		return nil
	}
	return m.mark(kind, append(append([]byte{}, from.Row.ID[:]...), value...))
}

// connect links somebody with a person, by a rule or because they said so.
func (m *Module) connect(ctx context.Context, from *Ready, id *Identity, person storage.ID, why string) (storage.ID, error) {
	l, err := m.row(from, id, person)
	if err != nil {
		return storage.ID{}, err
	}
	return l.ID, m.d.Store.InsertLink(ctx, l, maxLinks, m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.LinkAdd, Severity: audit.Notice, ActorKind: audit.Person, Actor: person.String(), Target: "person:" + person.String(), Outcome: audit.Success,
		Data: map[string]any{"connector": from.Row.Name, "by": why, "link": l.ID.String()},
	}))
}

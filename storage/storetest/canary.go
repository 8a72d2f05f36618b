package storetest

import (
	"bytes"
	"context"
	"encoding/hex"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	canary  = "canary-3f9a1c-plaintext"
	visible = "visible-77b2e0-not-sealed"
)

func canaryCases() []testCase {
	return []testCase{{"sealed columns hold no plaintext", canaryCase}}
}

// canaryCase writes every entity with a sealed column by every method that writes one, and looks for the plaintext in what was stored.
func canaryCase(w *world) {
	raw, ok := w.Backend.(RawReader)
	if !ok {
		w.Fatal("the backend's stored bytes cannot be read: it implements no RawReader")
	}
	ev := func() *storage.AuditEvent { return w.newEventWith("canary", canary) }
	p, c, s := w.canaryPeople(ev), w.canaryClients(ev), w.canarySessions(ev)
	w.canaryGrants(p, c, s, ev)
	w.canaryPending(p, c, ev)
	w.canaryOutbox(ev)
	w.canaryFactors(p, ev)
	w.canaryOthers(p, c, ev)
	w.canaryPasskeys(p, ev)
	w.canaryRisk(p)
	w.canaryFederation(p)
	w.canarySAML(p)
	w.canaryDirectory()
	stored := raw.Raw(w.T)
	for what, needle := range map[string][]byte{"plaintext": []byte(canary), "plaintext in hexadecimal": []byte(hex.EncodeToString([]byte(canary)))} {
		if i := bytes.Index(stored, needle); i >= 0 {
			w.Fatalf("%s was stored, near %q", what, stored[max(0, i-80):i])
		}
	}
	if !bytes.Contains(stored, []byte(visible)) {
		w.Fatal("what is not sealed was not found either: the search proves nothing")
	}
}

func (w *world) canaryPeople(ev func() *storage.AuditEvent) storage.ID {
	p, q, admin := w.newPerson("a", canary), w.newPerson("b", canary), w.newPerson("c", canary)
	w.ok(w.InsertPerson(w.ctx, p, ev()))
	w.ok(w.InsertPerson(w.ctx, q, ev()))
	w.setupLink("one")
	w.ok(w.SpendSetupLink(w.ctx, w.tenant, []byte("one"), w.now, admin, ev()))
	_, err := w.UpdatePerson(w.ctx, w.tenant, p.ID, func(p *storage.Person) error {
		p.Profile = w.sealed("people", "profile", p.ID, "new "+canary)
		return nil
	}, ev())
	w.ok(err)
	w.ok(w.RehashPassword(w.ctx, w.tenant, p.ID, p.PasswordHash, "new"))
	w.ok(w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: q.ID, Now: w.now}, ev()))
	w.ok(w.DeletePerson(w.ctx, w.tenant, q.ID, ev()))
	return p.ID
}

func (w *world) canaryClients(ev func() *storage.AuditEvent) storage.ID {
	c, gone := w.newClient("rp", canary), w.newClient("gone", canary)
	c.Metadata.ClientName = visible
	w.ok(w.InsertClient(w.ctx, c, ev()))
	w.ok(w.InsertClient(w.ctx, gone, ev()))
	_, err := w.UpdateClient(w.ctx, w.tenant, c.ID, func(c *storage.Client) error {
		c.SecretSealed = w.sealed("clients", "secret_sealed", c.ID, "new "+canary)
		return nil
	}, ev())
	w.ok(err)
	w.ok(w.DeleteClient(w.ctx, w.tenant, gone.ID, w.now, ev()))
	return c.ID
}

func (w *world) canarySessions(ev func() *storage.AuditEvent) storage.ID {
	p := w.id()
	s, t := w.newSession(p, canary), w.newSession(p, canary)
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, ev()))
	w.ok(w.InsertSession(w.ctx, t, s.ID, true, ev()))
	w.ok(w.TouchSession(w.ctx, w.tenant, t.ID, w.in(time.Minute)))
	w.ok(w.RevokeSession(w.ctx, w.tenant, t.ID, w.now, "x", ev()))
	return w.id() // another: no grant is made in an ended session
}

func (w *world) canaryGrants(p, c, s storage.ID, ev func() *storage.AuditEvent) {
	g := w.newGrant(p, c, s, canary)
	_, _, err := w.InsertGrant(w.ctx, g, ev())
	w.ok(err)
	nonce := w.sealed("grants", "nonce1", g.ID, canary)
	_, err = w.RedeemCode(w.ctx, storage.RedeemCode{Tenant: w.tenant, Grant: g.ID, Client: c, Now: w.now, Nonce1: nonce}, ev())
	w.ok(err)
	_, err = w.RotateRefresh(w.ctx, storage.RotateRefresh{Tenant: w.tenant, Grant: g.ID, Client: c, From: 1, Next: nonce, Now: w.now}, ev())
	w.ok(err)
	_, err = w.RevokeGrant(w.ctx, storage.RevokeGrant{Tenant: w.tenant, Grant: g.ID, Now: w.now}, ev())
	w.ok(err)
	w.ok(w.InTx(w.ctx, func(ctx context.Context) error {
		_, _, err := w.InsertGrant(ctx, w.newGrant(p, c, s, canary), ev())
		return err
	}))
}

func (w *world) canaryPending(p, c storage.ID, ev func() *storage.AuditEvent) {
	for _, approve := range []bool{true, false} {
		r := w.newPending(storage.PendingDevice, c, canary)
		w.ok(w.InsertPending(w.ctx, r, storage.PendingCap{}))
		_, _, err := w.PollPending(w.ctx, storage.PollPending{Tenant: w.tenant, ID: r.ID, Client: c, Now: w.now})
		w.ok(err)
		w.decide(r, p, approve, canary, ev())
		_, err = w.SpendPending(w.ctx, storage.SpendPending{Tenant: w.tenant, ID: r.ID, Now: w.now}, w.newGrant(p, c, storage.ID{}, canary), ev())
		w.ok(err)
	}
}

func (w *world) canaryOutbox(ev func() *storage.AuditEvent) {
	for _, state := range []storage.OutboxState{storage.OutboxDelivered, storage.OutboxDead, storage.OutboxWaiting} {
		w.ok(w.InsertOutbox(w.ctx, w.newMessage(string(state), canary), w.newMessage(string(state), canary)))
		w.finish(w.claim(1, w.now, 1)[0], state, func(c *storage.FinishOutbox) { c.Until, c.NextAt = w.in(time.Hour), w.in(time.Hour) })
	}
	for _, m := range w.messages(storage.OutboxFilter{State: storage.OutboxDead}) {
		_, err := w.RetryOutbox(w.ctx, w.tenant, m.ID, w.now, ev())
		w.ok(err)
	}
}

func (w *world) canaryOthers(p, c storage.ID, ev func() *storage.AuditEvent) {
	k := w.newSigningKey("ES256", w.now, canary)
	_, err := w.RotateSigningKey(w.ctx, k, storage.ID{}, w.now, w.now, ev())
	w.ok(err)
	_, err = w.RotateSigningKey(w.ctx, w.newSigningKey("ES256", w.in(time.Hour), canary), k.ID, w.now, w.now, ev())
	w.ok(err)
	w.ok(w.UpsertConsent(w.ctx, w.newConsent(p, c, "openid"), ev()))
	w.ok(w.RevokeConsent(w.ctx, w.tenant, p, c, w.now, ev()))
	jti := w.id()
	w.ok(w.DenyToken(w.ctx, &storage.Denial{Tenant: w.tenant, TokenID: jti[:], ExpiresAt: w.now}, ev()))
	r := w.newResource("https://r.example/")
	w.ok(w.InsertResource(w.ctx, r, ev()))
	w.ok(w.DeleteResource(w.ctx, w.tenant, r.ID, ev()))
	w.ok(w.AppendAudit(w.ctx, ev(), ev()))
	w.storedCode(func(c *storage.Code) { c.Data = w.sealed("codes", "data", c.ID, canary) })
	who, session := w.signedIn("canary")
	q := w.approvedQR(who.ID, session.ID)
	_, err = w.SpendQR(w.ctx, w.tenant, q.ID, q.Flow, w.now, ev())
	w.ok(err)
	_, err = w.DenyQR(w.ctx, w.qrMove(w.storedQR(nil), who.ID, session.ID), ev())
	w.ok(err)
}

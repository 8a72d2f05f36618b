package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// The makers below fill every field, so that a column that is not kept fails its case. secret is what the sealed columns hold.

func (w *world) newClient(clientID, secret string) *storage.Client {
	id, yes, age := w.id(), true, 300
	return &storage.Client{
		Tenant: w.tenant, ID: id, ClientID: clientID,
		Metadata: storage.ClientMetadata{
			RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{"authorization_code"}, ClientName: "Acme „Files“",
			Scope: "openid profile", JWKS: []byte(`{"keys":[]}`), DefaultMaxAge: &age, RotateRefresh: &yes, Resources: []string{"https://api.example/"},
		},
		SecretHash: []byte{0, 1, 2, 255}, SecretKey: 3, SecretPHC: "$argon2id$x", SecretSealed: w.sealed("clients", "secret_sealed", id, secret),
		Disabled: true, CreatedAt: w.now, UpdatedAt: w.in(time.Second), Version: 7,
		RegistrationHash: []byte{9, 0, 1}, RegistrationKey: 2,
	}
}

func (w *world) newResource(identifier string) *storage.Resource {
	return &storage.Resource{
		Tenant: w.tenant, ID: w.id(), Identifier: identifier, Name: "API", Owner: w.id(), Scopes: storage.Strings{"read", "write"},
		TokenFormat: "opaque", Seconds: 600, Alg: "ES256", ACRValues: storage.Strings{"2"}, MaxAge: 300, CreatedAt: w.now, UpdatedAt: w.in(time.Second), Version: 1,
	}
}

func (w *world) newPerson(name, secret string) *storage.Person {
	id, changed := w.id(), w.in(-time.Hour)
	return &storage.Person{
		Tenant: w.tenant, ID: id, Subject: "sub-" + name, EmailHash: []byte("email-" + name), UsernameHash: []byte("user-" + name),
		Profile: w.sealed("people", "profile", id, secret), PasswordHash: "$argon2id$" + name, PasswordChangedAt: &changed,
		State: storage.PersonActive, Required: storage.Strings{"change_password"}, TermsVersion: "2026-01", TermsAt: &changed,
		CreatedAt: w.now, UpdatedAt: w.in(time.Second), Version: 1,
	}
}

func (w *world) newSession(person storage.ID, secret string) *storage.Session {
	id := w.id()
	return &storage.Session{
		Tenant: w.tenant, ID: id, Person: person, AuthTime: w.now, ACR: "1", AMR: storage.Strings{"pwd"},
		Device: w.sealed("sessions", "device", id, secret), CreatedAt: w.now, LastSeenAt: w.now, ExpiresAt: w.in(24 * time.Hour),
	}
}

func (w *world) newGrant(person, client, session storage.ID, secret string) *storage.Grant {
	id := w.id()
	return &storage.Grant{
		Tenant: w.tenant, ID: id, Client: client, Person: person, Session: session, Origin: "flow-" + id.String(), Subject: "sub",
		Scopes: storage.Strings{"openid", "profile"}, Resources: storage.Strings{"https://api.example/"}, Claims: `{"id_token":{"acr":null}}`,
		Details: `[{"type":"payment"}]`,
		ACR:     "1", AMR: storage.Strings{"pwd"}, AuthTime: w.now, Challenge: "chal", RedirectURI: "https://rp.example/cb?x=%00ü", Nonce: "n-0S6",
		Cnf: `{"jkt":"x"}`, DPoPJKT: "jkt", Code: storage.CodeIssued, CodeExpires: w.in(time.Minute), Refresh: true, Rotates: true,
		Nonce1: w.sealed("grants", "nonce1", id, secret), Nonce0: w.sealed("grants", "nonce0", id, secret),
		ExpiresAt: w.in(time.Hour), CreatedAt: w.now,
	}
}

func (w *world) newConsent(person, client storage.ID, scopes ...string) *storage.Consent {
	return &storage.Consent{
		Tenant: w.tenant, ID: w.id(), Person: person, Client: client, Scopes: scopes, Declined: storage.Strings{"phone"},
		Resources: storage.Strings{"https://api.example/"}, Binding: "Acme rp.example", CreatedAt: w.now, UpdatedAt: w.now,
	}
}

func (w *world) newSigningKey(alg string, activates time.Time, secret string) *storage.SigningKey {
	id := w.id()
	return &storage.SigningKey{
		Tenant: w.tenant, ID: id, KeyID: "kid-" + id.String(), Algorithm: alg, Public: `{"kty":"EC"}`,
		Private: w.sealed("signing_keys", "private", id, secret), CreatedAt: w.now, ActivatesAt: activates,
	}
}

func (w *world) newEvent(kind string) *storage.AuditEvent { return w.newEventWith(kind, "detail") }

func (w *world) newEventWith(kind, secret string) *storage.AuditEvent {
	id := w.id()
	return &storage.AuditEvent{
		Tenant: w.tenant, ID: id, Time: w.now, Type: kind, Severity: "info", ActorKind: "person", Actor: "actor-1", Target: "client:1",
		Client: "rp", Org: "org", Outcome: "success", Reason: "why", RequestID: "req", Detail: w.sealed("audit_events", "detail", id, secret),
	}
}

// stored makers insert what they made.

func (w *world) storedClient(clientID string) *storage.Client {
	w.Helper()
	c := w.newClient(clientID, "secret")
	w.ok(w.InsertClient(w.ctx, c, nil))
	return c
}

func (w *world) storedPerson(name string) *storage.Person {
	w.Helper()
	p := w.newPerson(name, "profile")
	w.ok(w.InsertPerson(w.ctx, p, nil))
	return p
}

func (w *world) storedSession(person storage.ID) *storage.Session {
	w.Helper()
	s := w.newSession(person, "device")
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
	return s
}

// storedGrant inserts a grant after change has altered it; change may be nil.
func (w *world) storedGrant(person, client, session storage.ID, change func(*storage.Grant)) *storage.Grant {
	w.Helper()
	g := w.newGrant(person, client, session, "nonce")
	if change != nil {
		change(g)
	}
	_, inserted, err := w.InsertGrant(w.ctx, g, nil)
	w.ok(err)
	w.same(inserted, true)
	return g
}

func (w *world) newPending(kind storage.PendingKind, client storage.ID, secret string) *storage.Pending {
	id := w.id()
	return &storage.Pending{
		Tenant: w.tenant, ID: id, Kind: kind, Client: client, Handle: append([]byte{0xff}, id[:]...), UserCode: append([]byte{0xfe}, id[:]...),
		Request: w.sealed("pending", "request", id, secret), State: storage.PendingOpen, Interval: 5, Address: []byte("address"),
		ExpiresAt: w.in(10 * time.Minute), CreatedAt: w.now,
	}
}

func (w *world) newInitialAccess(uses int) *storage.InitialAccess {
	return &storage.InitialAccess{
		Tenant: w.tenant, ID: w.id(), Hash: []byte{0, 255}, Key: 3, UsesLeft: uses, Note: "for Acme", ExpiresAt: w.in(time.Hour), CreatedAt: w.now,
	}
}

// storedPending inserts a request after change has altered it; change may be nil.
func (w *world) storedPending(kind storage.PendingKind, change func(*storage.Pending)) *storage.Pending {
	w.Helper()
	p := w.newPending(kind, w.id(), "request")
	if change != nil {
		change(p)
	}
	w.ok(w.InsertPending(w.ctx, p, storage.PendingCap{}))
	return p
}

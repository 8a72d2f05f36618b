package register

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Store keeps clients and resources.
type Store interface {
	storage.ClientReader
	storage.ClientWriter
	storage.ResourceReader
	storage.ResourceWriter
	storage.RegisteredClients
	storage.InitialAccessReader
	storage.InitialAccessWriter
	storage.InitialAccessSpender
	storage.Transactor
}

// Hasher makes slow hashes of secrets that somebody chose.
type Hasher interface {
	Hash(ctx context.Context, secret string) (phc string, err error)
}

// Deps is what a Registrar needs.
type Deps struct {
	Store       Store
	Ring        Ring
	Audit       core.Auditor
	Hasher      Hasher
	Tenant      storage.ID
	Issuer      string      // resources may not be named like it; empty: unknown
	Algorithms  []string    // that tokens can be signed with; empty: RS256, PS256, ES256, EdDSA
	DetailTypes []string    // of authorization details (RFC 9396) that are known
	Issuers     []string    // other issuers that the configuration trusts
	Fetch       core.Getter // for sector_identifier_uri
	Profiles    profiles.Server
	Vocabulary  *core.Vocabulary // scopes that mean a person; nil: the standard ones
	Classes     []string         // of sign-ins that this installation reaches beside the usual ones
	// Certificates is what of mutual TLS is configured; nil: certificates are off.
	Certificates Certificates
	Now          func() time.Time
}

// Ring hashes and seals secrets.
type Ring interface {
	core.Ring
	core.Vault
}

// Registrar registers clients and resources. It is safe for concurrent use.
type Registrar struct{ d Deps }

// New returns a Registrar; every dependency but Issuer and Algorithms is needed.
func New(d Deps) *Registrar {
	if len(d.Algorithms) == 0 {
		d.Algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}
	}
	if d.Certificates == nil {
		d.Certificates = noCertificates{}
	}
	return &Registrar{d: d}
}

// Actor is who registers.
type Actor struct {
	Kind string // person, client, operator or system
	ID   string
}

// Registered is a registration as it stands.
type Registered struct {
	Client   *storage.Client
	Access   string   // a new registration access token (RFC 7592), as Secret
	Secret   string   // a newly generated secret: shown once, kept nowhere. Empty when there is none, or the operator knows it.
	Warnings []string // sentences about what is allowed and yet unwise
}

// event is an audit row about a client. Data holds names of members and kinds, never values that are secret.
func (r *Registrar) event(ctx context.Context, typ, clientID string, by Actor, data map[string]any) *storage.AuditEvent {
	return r.d.Audit.Row(ctx, r.d.Tenant, audit.Event{
		Type: typ, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "client:" + clientID, Client: clientID, Data: data,
	})
}

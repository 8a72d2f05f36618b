package register

import (
	"context"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Resource is a protected resource as an operator sees it.
type Resource struct {
	Identifier  string   `json:"resource"` // absolute URI without fragment (RFC 8707 section 2, RFC 9728 section 2)
	Name        string   `json:"resource_name,omitempty"`
	Scopes      []string `json:"scopes_supported,omitempty"`
	TokenFormat string   `json:"jedan_access_token_format,omitempty"`  // jwt, opaque, or empty: the client's
	Seconds     int      `json:"jedan_access_token_seconds,omitempty"` // lifetime of access tokens; 0: the client's or the server's
	Alg         string   `json:"jedan_access_token_alg,omitempty"`     // that JWT access tokens for it are signed with; empty: the client's
	ACRValues   []string `json:"jedan_acr_values,omitempty"`           // classes of authentication, one of which it demands (RFC 9470)
	MaxAge      int      `json:"jedan_max_age,omitempty"`              // seconds since the sign-in that it takes; 0: any
	Owner       string   `json:"jedan_owner,omitempty"`                // client_id of the client that may introspect; empty: nobody
}

// CreateResource registers a resource. errs.Invalid with a Problem; errs.Conflict when the identifier is taken.
func (r *Registrar) CreateResource(ctx context.Context, res Resource, by Actor) (*storage.Resource, error) {
	now := r.d.Now()
	row := &storage.Resource{Tenant: r.d.Tenant, ID: storage.NewID(now), Identifier: res.Identifier, CreatedAt: now, UpdatedAt: now, Version: 1}
	owner, err := r.judgeResource(ctx, res)
	if err != nil {
		return nil, err
	}
	res.put(row, owner)
	if err := r.d.Store.InsertResource(ctx, row, r.resourceEvent(ctx, audit.ResourceCreate, res.Identifier, by)); err != nil {
		return nil, taken(err, "A resource with this identifier is registered.")
	}
	return row, nil
}

// UpdateResource changes a resource; change gets it as it stands. The identifier stays. Errors are those of CreateResource, and errs.NotFound.
func (r *Registrar) UpdateResource(ctx context.Context, identifier string, change func(*Resource) error, by Actor) (*storage.Resource, error) {
	old, err := r.d.Store.ResourceByIdentifier(ctx, r.d.Tenant, identifier)
	if err != nil {
		return nil, unknownResource(err)
	}
	next, err := r.ResourceOf(ctx, old)
	if err != nil {
		return nil, err
	}
	if err := change(&next); err != nil {
		return nil, err
	}
	if next.Identifier != identifier {
		return nil, refuse("resource", "cannot be changed: clients and tokens name it")
	}
	owner, err := r.judgeResource(ctx, next)
	if err != nil {
		return nil, err
	}
	row, err := r.d.Store.UpdateResource(ctx, r.d.Tenant, old.ID, func(row *storage.Resource) error {
		if row.Version != old.Version {
			return errs.New(errs.Conflict, "Somebody else changed this resource first. Look at it and try again.")
		}
		next.put(row, owner)
		return nil
	}, r.resourceEvent(ctx, audit.ResourceUpdate, identifier, by))
	return row, unknownResource(err)
}

// DeleteResource removes a resource: tokens for it are issued no more, and clients that name it keep the name.
func (r *Registrar) DeleteResource(ctx context.Context, identifier string, by Actor) error {
	row, err := r.d.Store.ResourceByIdentifier(ctx, r.d.Tenant, identifier)
	if err != nil {
		return unknownResource(err)
	}
	ev := r.resourceEvent(ctx, audit.ResourceDelete, identifier, by)
	return unknownResource(r.d.Store.DeleteResource(ctx, r.d.Tenant, row.ID, ev))
}

// ResourceOf is a stored resource as an operator sees it. An owner that was deleted is nobody.
func (r *Registrar) ResourceOf(ctx context.Context, row *storage.Resource) (Resource, error) {
	res := Resource{Identifier: row.Identifier, Name: row.Name, Scopes: row.Scopes, TokenFormat: row.TokenFormat, Seconds: row.Seconds,
		Alg: row.Alg, ACRValues: row.ACRValues, MaxAge: row.MaxAge}
	if row.Owner.IsZero() {
		return res, nil
	}
	owner, err := r.d.Store.ClientByID(ctx, r.d.Tenant, row.Owner)
	if errs.Is(err, errs.NotFound) {
		return res, nil
	}
	if err != nil {
		return res, err
	}
	res.Owner = owner.ClientID
	return res, nil
}

func (res Resource) put(row *storage.Resource, owner storage.ID) {
	row.Name, row.Scopes, row.TokenFormat, row.Seconds, row.Owner = res.Name, res.Scopes, res.TokenFormat, res.Seconds, owner
	row.Alg, row.ACRValues, row.MaxAge = res.Alg, res.ACRValues, res.MaxAge
}

// judgeResource applies the table of resources and finds the owner's row.
func (r *Registrar) judgeResource(ctx context.Context, res Resource) (owner storage.ID, err error) {
	for _, wrong := range []error{
		refuse("resource", judgeURI(res.Identifier, resourceRules())), refuse("resource", r.judgeOurs(res.Identifier)), judgeResourceName(res.Name),
		refuse("scopes_supported", judgeScopes(res.Scopes)), r.judgeReserved(res.Scopes), judgeFormat(res.TokenFormat), judgeSeconds(res.Seconds),
		r.judgeAlg(res.Alg), r.judgeDemands(res), r.judgeOwn(res),
	} {
		if wrong != nil {
			return storage.ID{}, wrong
		}
	}
	if res.Owner == "" {
		return storage.ID{}, nil
	}
	c, err := r.d.Store.ClientByClientID(ctx, r.d.Tenant, res.Owner)
	if errs.Is(err, errs.NotFound) {
		return storage.ID{}, refuse("jedan_owner", "must be a registered client")
	}
	if err != nil {
		return storage.ID{}, err
	}
	return c.ID, nil
}

// judgeOurs keeps our own audiences ours: tokens for the issuer and what lies under it are no other resource's to introspect. UserInfo is the
// exception: it may be registered to demand a sign-in, and for nothing else (judgeOwn).
func (r *Registrar) judgeOurs(identifier string) string {
	issuer := strings.TrimSuffix(r.d.Issuer, "/")
	if issuer != "" && identifier == issuer+userinfoPath {
		return ""
	}
	if issuer != "" && (identifier == issuer || strings.HasPrefix(identifier, issuer+"/") || strings.HasPrefix(identifier, issuer+"?")) {
		return "must not be the issuer or lie under it"
	}
	return ""
}

func judgeResourceName(name string) error {
	if name == "" {
		return nil
	}
	return refuse("resource_name", judgeText(name, maxName))
}

// judgeReserved refuses scopes that mean something of our own.
func (r *Registrar) judgeReserved(scopes []string) error {
	for _, s := range scopes {
		if strings.HasPrefix(s, "jedan:") || r.d.Vocabulary.PersonScope(s) {
			return refuse("scopes_supported", "must not name a scope that means a person, or one that begins with jedan:")
		}
	}
	return nil
}

func judgeFormat(format string) error {
	if format == "" {
		return nil
	}
	return oneOf("jedan_access_token_format", format, []string{"jwt", "opaque"})
}

func judgeSeconds(n int) error {
	if n < 0 || n > maxLifetime {
		return refuse("jedan_access_token_seconds", "must be from 1 to 86400, or 0 for the client's or the server's own lifetime")
	}
	return nil
}

func (r *Registrar) resourceEvent(ctx context.Context, typ, identifier string, by Actor) *storage.AuditEvent {
	return r.d.Audit.Row(ctx, r.d.Tenant, audit.Event{Type: typ, Severity: audit.Notice, ActorKind: by.Kind, Actor: by.ID, Target: "resource:" + identifier})
}

func unknownResource(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.Wrap(errs.NotFound, "There is no such resource.", err)
	}
	return err
}

package testkit

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Password is the password of every person that Person makes.
const Password = "correct horse battery staple"

// passwordHash is Password's with the shipped parameters: made once, so that a test does not pay for it.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$PQi7cb87cOTVnrgmVOxexA$EcX8eKiUAAX5S2aHCTWYoCeQycCfKvLIS4+4/I+plyg"

// Person makes somebody with every standard claim, who signs in with email and Password.
func (s *Server) Person(email string) *storage.Person {
	s.T.Helper()
	p, err := s.App.Directory.Create(context.Background(), s.App.Tenant, directory.NewPerson{Claims: FullClaims(email), PasswordHash: s.hash()}, operator())
	if err != nil {
		s.T.Fatal(err)
	}
	return p
}

// hash is passwordHash, or one with the parameters that the test configured.
func (s *Server) hash() string {
	p := s.App.Config.Passwords
	if d := password.DefaultParams(); p.MemoryKiB == d.MemoryKiB && p.Iterations == d.Iterations && p.Parallelism == d.Parallelism {
		return passwordHash
	}
	h, err := s.App.Hasher.Hash(context.Background(), Password)
	if err != nil {
		s.T.Fatal(err)
	}
	return h
}

func operator() directory.Actor { return directory.Actor{Kind: "operator", ID: "test"} }

// FullClaims are all standard claims (OpenID Connect Core section 5.1).
func FullClaims(email string) directory.Claims {
	return directory.Claims{
		"email": email, "email_verified": true, "name": "Maria Example", "given_name": "Maria", "family_name": "Example", "middle_name": "Ann",
		"nickname": "Mia", "preferred_username": "maria", "profile": "https://people.example/maria", "picture": "https://people.example/maria.png",
		"website": "https://maria.example", "gender": "female", "birthdate": "1990-04-01", "zoneinfo": "Europe/Zagreb", "locale": "de-DE",
		"phone_number": "+385912345678", "phone_number_verified": true,
		"address": map[string]any{"formatted": "Ilica 1\n10000 Zagreb", "street_address": "Ilica 1", "locality": "Zagreb", "postal_code": "10000", "country": "HR"},
	}
}

// RP is a registered client as its owner knows it.
type RP struct {
	ID, Secret string
	Redirect   string // its first redirect URI
	*storage.Client
}

// Client registers a client; absent metadata is filled in for the code flow.
func (s *Server) Client(m storage.ClientMetadata, options ...func(*register.Options)) *RP {
	s.T.Helper()
	if m.RedirectURIs == nil {
		m.RedirectURIs = []string{"https://app.test/cb"}
	}
	if m.ClientName == "" {
		m.ClientName = "Acme Files"
	}
	if m.Scope == "" {
		m.Scope = "openid profile email address phone offline_access"
	}
	if m.GrantTypes == nil {
		m.GrantTypes = []string{"authorization_code", "refresh_token"}
	}
	o := register.Options{Actor: register.Actor{Kind: "operator", ID: "test"}}
	for _, set := range options {
		set(&o)
	}
	r, err := s.App.Registrar.Create(context.Background(), m, o)
	if err != nil {
		s.T.Fatal(err)
	}
	rp := &RP{ID: r.Client.ClientID, Secret: r.Secret, Client: r.Client}
	if uris := r.Client.Metadata.RedirectURIs; len(uris) > 0 {
		rp.Redirect = uris[0]
	}
	return rp
}

// Resource registers a protected resource that rp owns (nil: nobody) and may introspect.
func (s *Server) Resource(identifier string, owner *RP, options ...func(*register.Resource)) {
	s.T.Helper()
	r := register.Resource{Identifier: identifier}
	if owner != nil {
		r.Owner = owner.ID
	}
	for _, set := range options {
		set(&r)
	}
	if _, err := s.App.Registrar.CreateResource(context.Background(), r, register.Actor{Kind: "operator", ID: "test"}); err != nil {
		s.T.Fatal(err)
	}
}

// Change changes a client's registration.
func (s *Server) Change(rp *RP, change func(*storage.ClientMetadata)) {
	s.T.Helper()
	_, err := s.App.Registrar.Update(context.Background(), rp.ID, register.Change{
		Metadata: func(m *storage.ClientMetadata) error { change(m); return nil }, Actor: register.Actor{Kind: "operator", ID: "test"},
	})
	if err != nil {
		s.T.Fatal(err)
	}
}

// Disable disables a client.
func (s *Server) Disable(rp *RP) {
	s.T.Helper()
	yes := true
	if _, err := s.App.Registrar.Update(context.Background(), rp.ID, register.Change{Disabled: &yes, Actor: register.Actor{Kind: "operator", ID: "test"}}); err != nil {
		s.T.Fatal(err)
	}
}

// Operator is who acts in tests when nobody else does.
func Operator() directory.Actor { return operator() }

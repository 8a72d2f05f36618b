package directory

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Where a person's sealed and indexed values live.
const (
	table          = "people"
	columnProfile  = "profile"
	columnEmail    = "email_hash"
	columnUsername = "username_hash"
)

// Ring seals columns and makes their indexes (internal/keys.Ring).
type Ring interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
	Indexer
}

// Indexer makes the keyed hashes by which a sealed value is found: the one to store, and those to look for.
type Indexer interface {
	Index(table, column string, value []byte) []byte
	Indexes(table, column string, value []byte) [][]byte
}

// Recorder makes audit rows (internal/audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

var (
	_ Ring     = (*keys.Ring)(nil)
	_ Recorder = (*audit.Recorder)(nil)
)

// Deps is what a Directory needs.
type Deps struct {
	People storage.PersonReader
	Writer storage.PersonWriter
	Tx     storage.Transactor // of the same database: what belongs together is committed together
	Ring   Ring
	Audit  Recorder
	Now    func() time.Time

	Attributes Attributes // nil: none
}

// Directory keeps people. It is safe for concurrent use.
type Directory struct{ d Deps }

// New returns a Directory; every dependency is needed.
func New(d Deps) *Directory { return &Directory{d: d} }

// Actor is who makes a change.
type Actor struct {
	Kind string // person, client, operator or system
	ID   string
}

// NewPerson is somebody to be created.
type NewPerson struct {
	ID           storage.ID // chosen before; zero: a new one
	Claims       Claims
	PasswordHash string // PHC string of internal/password, or one that password.CheckHash accepts; empty: no password
	Admin        bool
	Temporary    bool   // the password must be changed at the first sign-in
	Subject      string // an importer's own sub; empty: 128 random bits
}

// Create stores a new person. errs.Invalid names what is wrong with a claim; errs.Conflict when the address, user name or subject is taken.
func (d *Directory) Create(ctx context.Context, tenant storage.ID, n NewPerson, actor Actor) (*storage.Person, error) {
	p, err := d.Build(tenant, n)
	if err != nil {
		return nil, err
	}
	if err := d.free(ctx, p, n.Claims); err != nil {
		return nil, err
	}
	ev := d.event(ctx, p, audit.UserCreate, actor, map[string]any{"admin": n.Admin, "password": n.PasswordHash != ""})
	if err := d.d.Writer.InsertPerson(ctx, p, ev); err != nil {
		return nil, err
	}
	return p, nil
}

// Build returns the row of a new person without storing it, for a caller that stores it with something else (the set-up link).
func (d *Directory) Build(tenant storage.ID, n NewPerson) (*storage.Person, error) {
	if n.Claims.String(claimEmail) == "" && n.Claims.String(claimUsername) == "" {
		return nil, errs.New(errs.Invalid, "A person needs a mail address or a user name.")
	}
	if n.Subject == "" {
		n.Subject = newSubject()
	}
	if !validSubject(n.Subject) {
		return nil, errs.New(errs.Invalid, "A subject has 1 to 255 ASCII characters without spaces.")
	}
	now := d.d.Now()
	if n.ID.IsZero() {
		n.ID = storage.NewID(now)
	}
	p := &storage.Person{
		Tenant: tenant, ID: n.ID, Subject: n.Subject, State: storage.PersonActive, Admin: n.Admin,
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	if n.Temporary && n.PasswordHash == "" {
		return nil, errs.New(errs.Invalid, "Without a password there is none to change.")
	}
	if n.Temporary {
		p.Required = storage.Strings{storage.RequireChangePassword}
	}
	if n.PasswordHash != "" {
		if err := password.CheckHash(n.PasswordHash); err != nil {
			return nil, errs.Wrap(errs.Invalid, "This password hash cannot be used.", err)
		}
		p.PasswordHash, p.PasswordChangedAt = n.PasswordHash, &now
	}
	if err := d.put(p, n.Claims, nil); err != nil {
		return nil, err
	}
	return p, nil
}

// Claims opens the person's profile. preferred_username is the user name unless the profile says otherwise; updated_at is in seconds (int64).
func (d *Directory) Claims(p *storage.Person) (Claims, error) {
	c, err := d.profile(p)
	if err != nil {
		return nil, err
	}
	if name := c.String(claimUsername); name != "" && c[claimPreferred] == nil {
		c[claimPreferred] = name
	}
	c[claimUpdated] = p.UpdatedAt.Unix()
	return c, nil
}

// Display is how a person is shown to themselves: a name, and the identifier they sign in with. Both are empty when the profile does not open.
func (d *Directory) Display(p *storage.Person) (name, identifier string) {
	c, err := d.profile(p)
	if err != nil {
		return "", ""
	}
	full := strings.TrimSpace(c.String("given_name") + " " + c.String("family_name"))
	identifier = firstOf(c.String(claimEmail), c.String(claimUsername))
	return firstOf(c.String("name"), full, c.String("nickname"), c.String(claimPreferred), c.String(claimUsername), identifier), identifier
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// put validates c, which stood as before, and writes it into p: the sealed profile and both indexes.
func (d *Directory) put(p *storage.Person, c, before Claims) error {
	c, err := d.valid(c, before)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return errs.Wrap(errs.Invalid, "The profile cannot be stored.", err)
	}
	p.EmailHash, p.UsernameHash = nil, nil
	if s := c.String(claimEmail); s != "" {
		canonical, err := CanonicalEmail(s)
		if err != nil {
			return err
		}
		p.EmailHash = d.d.Ring.Index(table, columnEmail, []byte(canonical))
	}
	if s := c.String(claimUsername); s != "" {
		canonical, err := CanonicalUsername(s)
		if err != nil {
			return err
		}
		p.UsernameHash = d.d.Ring.Index(table, columnUsername, []byte(canonical))
	}
	p.Profile = d.d.Ring.Seal(place(p), raw)
	return nil
}

func (d *Directory) profile(p *storage.Person) (Claims, error) {
	c := Claims{}
	if p.Profile.IsZero() {
		return c, nil
	}
	raw, err := d.d.Ring.Open(place(p), p.Profile)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "", err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, errs.New(errs.Internal, "") // the decoder's error may quote the profile
	}
	return c, nil
}

func place(p *storage.Person) seal.Location {
	return seal.Location{Table: table, Column: columnProfile, Tenant: p.Tenant, Row: p.ID}
}

func newSubject() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it crashes the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// validSubject is OpenID Connect Core section 8: at most 255 ASCII characters; ours have no spaces.
func validSubject(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 255
}

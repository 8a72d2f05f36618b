package core

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Directory opens a person's claims.
type Directory interface {
	ClaimsOf(p *storage.Person) (map[string]any, error)
}

// People chooses which of a person's claims leave, for ID tokens and UserInfo.
type People struct {
	reader    storage.PersonReader
	directory Directory
	members   Memberships
	tenant    storage.ID
	words     *Vocabulary
	profiles  *cache.Cache[storage.ID, *profile]
}

// maxProfiles bounds the opened profiles in memory, about 2 KB each.
const maxProfiles = 5_000

// NewPeople returns a chooser over the store. Profiles that UserInfo was asked for stay open in memory until the person changes.
func NewPeople(reader storage.PersonReader, directory Directory, members Memberships, feed *cache.Feed, tenant storage.ID, words *Vocabulary) *People {
	p := &People{reader: reader, directory: directory, members: members, tenant: tenant, words: words}
	p.profiles = cache.New(feed, maxProfiles, func(ctx context.Context, id storage.ID) (*profile, error) {
		person, err := reader.PersonByID(ctx, tenant, id)
		if err != nil {
			return nil, err
		}
		return p.open(person)
	}, RowTouches(storage.ChangePerson))
	return p
}

// IDTokenClaims returns the person's claims for an ID token: those asked for by name, and those of the scopes too when no access token could fetch
// them (OpenID Connect Core section 5.4). Groups are there whenever their scope was granted: that is where applications look for them.
func (p *People) IDTokenClaims(ctx context.Context, g *storage.Grant, withAccessToken bool) (map[string]any, error) {
	asked, err := ParseClaimsRequest(g.Claims)
	if err != nil {
		return nil, err
	}
	scopes := g.Scopes
	if withAccessToken {
		scopes = nil
	}
	if len(scopes) == 0 && len(asked.IDToken) == 0 {
		return p.withGroups(ctx, map[string]any{}, g.Person, g.Scopes)
	}
	person, err := p.reader.PersonByID(ctx, p.tenant, g.Person)
	if err != nil {
		return nil, err
	}
	all, err := p.directory.ClaimsOf(person)
	if err != nil {
		return nil, err
	}
	return p.withGroups(ctx, p.words.Pick(all, person.UpdatedAt, scopes, asked.IDToken), g.Person, g.Scopes)
}

// UserinfoClaims returns the person's claims for the token's scopes and those that the claims request names.
func (p *People) UserinfoClaims(ctx context.Context, person *storage.Person, g *storage.Grant, scopes []string) (map[string]any, error) {
	asked, err := ParseClaimsRequest(g.Claims)
	if err != nil {
		return nil, err
	}
	all, err := p.directory.ClaimsOf(person)
	if err != nil {
		return nil, err
	}
	return p.withGroups(ctx, p.words.Pick(all, person.UpdatedAt, scopes, asked.Userinfo), person.ID, scopes)
}

// withGroups adds the groups claim where its scope was granted, and only there: asking for the claim by name gets nobody's groups.
func (p *People) withGroups(ctx context.Context, out map[string]any, person storage.ID, scopes []string) (map[string]any, error) {
	if !slices.Contains(scopes, ScopeGroups) {
		return out, nil
	}
	names, err := p.members.NamesOf(ctx, person)
	out[ScopeGroups] = names
	return out, err
}

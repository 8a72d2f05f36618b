package core

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/storage"
)

// profile holds a person's standard claims as JSON, as of a version of the person.
type profile struct {
	version int64
	members map[string]json.RawMessage
	last    atomic.Pointer[scoped]
}

// scoped is what UserInfo wrote of a profile for some scopes: most people's tokens are asked for with the same ones again and again.
type scoped struct {
	scopes []string
	claims []byte
}

func (p *People) open(person *storage.Person) (*profile, error) {
	all, err := p.directory.ClaimsOf(person)
	if err != nil {
		return nil, err
	}
	out := &profile{version: person.Version, members: make(map[string]json.RawMessage, len(all))}
	for name, v := range all {
		if p.words.ScopeOf(name) == "" {
			continue
		}
		if out.members[name], err = json.Marshal(v); err != nil {
			return nil, err
		}
	}
	out.members["updated_at"] = strconv.AppendInt(nil, person.UpdatedAt.Unix(), 10)
	return out, nil
}

// profileOf returns the profile as of the person that the token was judged with.
func (p *People) profileOf(ctx context.Context, person *storage.Person) (*profile, error) {
	opened, err := p.profiles.Get(ctx, person.ID)
	if err != nil || opened.version == person.Version {
		return opened, err
	}
	return p.open(person)
}

// UserinfoJSON is UserinfoClaims with the subject, written as JSON.
func (p *People) UserinfoJSON(ctx context.Context, subject string, person *storage.Person, g *storage.Grant, scopes []string) ([]byte, error) {
	asked, err := ParseClaimsRequest(g.Claims)
	if err != nil {
		return nil, err
	}
	opened, err := p.profileOf(ctx, person)
	if err != nil {
		return nil, err
	}
	b := appendString(append(make([]byte, 0, 768), `{"sub":`...), subject)
	b = append(b, p.claimsOf(opened, scopes)...)
	for name, r := range asked.Userinfo {
		if !slices.Contains(scopes, p.words.ScopeOf(name)) && r.accepts(opened.members[name]) {
			b = opened.append(b, name)
		}
	}
	if !slices.Contains(scopes, ScopeGroups) {
		return append(b, '}'), nil
	}
	more, err := p.withGroups(ctx, map[string]any{}, person.ID, scopes)
	if err != nil {
		return nil, err
	}
	names, err := json.Marshal(more[ScopeGroups])
	return append(append(append(b, `,"groups":`...), names...), '}'), err
}

// claimsOf writes the claims of the scopes, each behind a comma.
func (p *People) claimsOf(opened *profile, scopes []string) []byte {
	if last := opened.last.Load(); last != nil && slices.Equal(last.scopes, scopes) {
		return last.claims
	}
	var b []byte
	for i, s := range scopes {
		if slices.Contains(scopes[:i], s) {
			continue
		}
		for _, name := range p.words.Claims(s) {
			b = opened.append(b, name)
		}
	}
	opened.last.Store(&scoped{scopes: slices.Clone(scopes), claims: slices.Clip(b)})
	return b
}

// append writes one claim, if the person has it.
func (o *profile) append(b []byte, name string) []byte {
	v, ok := o.members[name]
	if !ok {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return append(b, v...)
}

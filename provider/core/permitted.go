package core

import (
	"context"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/storage"
)

// How a client's list names whom it allows.
const (
	AllowedGroup  = "group:"
	AllowedPerson = "person:"
)

// Memberships says which groups somebody is in, by way of others too.
type Memberships interface {
	NamesOf(ctx context.Context, person storage.ID) ([]string, error)
}

// Permitted reports whether somebody is among those who may use the client (jedan_allowed).
func (l *Live) Permitted(ctx context.Context, c *Client, p *storage.Person) (bool, error) {
	list := c.Metadata.Allowed
	if list == nil || slices.Contains(list, AllowedPerson+p.Subject) {
		return true, nil
	}
	if !slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, AllowedGroup) }) {
		return false, nil
	}
	names, err := l.members.NamesOf(ctx, p.ID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list, func(s string) bool {
		group, ok := strings.CutPrefix(s, AllowedGroup)
		return ok && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, group) })
	}), nil
}

// stillPermitted refuses a token of somebody who may not use its client any more.
func (l *Live) stillPermitted(ctx context.Context, c *Client, p *storage.Person) error {
	ok, err := l.Permitted(ctx, c, p)
	if err == nil && !ok {
		err = InvalidToken("somebody who may use the client", "another")
	}
	return err
}

// PersonPermitted refuses, as invalid_grant, a grant whose person may not use the client any more.
func (l *Live) PersonPermitted(ctx context.Context, c *Client, person storage.ID) error {
	if c.Metadata.Allowed == nil {
		return nil
	}
	p, err := l.ActivePerson(ctx, person)
	if err != nil {
		return err
	}
	ok, err := l.Permitted(ctx, c, p)
	if err == nil && !ok {
		err = InvalidGrant("somebody who may use the client", "another")
	}
	return err
}

// NotPermitted is the answer about somebody who is not among those who may use the client.
func NotPermitted() *Refusal {
	return Refuse(fosite.ErrAccessDenied, "The person may not use this client.", "somebody who may use the client", "another")
}

// CheckPermitted refuses somebody who may not use the client, now that it polls.
func CheckPermitted(ctx context.Context, p *Poll) error {
	ok, err := p.d.Live.Permitted(ctx, p.Client, p.person)
	if err == nil && !ok {
		err = accessDenied("The person may not use this client.", "somebody who may use the client", "another")
	}
	return err
}

package core

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// LiveStore is what Live reads.
type LiveStore interface {
	GrantByID(ctx context.Context, tenant, id storage.ID) (*storage.Grant, error)
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
	DenialReader
}

// Live answers whether a token that verifies still counts: its jti, grant, person and client (the session's end ends its grants).
type Live struct {
	tenant  storage.ID
	feed    *cache.Feed
	now     func() time.Time
	clients *Clients
	members Memberships
	grants  *cache.Cache[storage.ID, *storage.Grant]
	people  *cache.Cache[storage.ID, *storage.Person]
	denied  *denials
}

// NewLive returns a checker over the store with caches that follow the feed.
func NewLive(store LiveStore, clients *Clients, members Memberships, feed *cache.Feed, tenant storage.ID, now func() time.Time) *Live {
	l := &Live{tenant: tenant, feed: feed, now: now, clients: clients, members: members}
	l.grants = cache.New(feed, 50_000, func(ctx context.Context, id storage.ID) (*storage.Grant, error) {
		return store.GrantByID(ctx, tenant, id)
	}, RowTouches(storage.ChangeGrant))
	l.people = cache.New(feed, 50_000, func(ctx context.Context, id storage.ID) (*storage.Person, error) {
		return store.PersonByID(ctx, tenant, id)
	}, RowTouches(storage.ChangePerson))
	l.denied = newDenials(store, feed, tenant, now)
	return l
}

// Check returns the client and, for a person's token, the person. A refusal says that the token no longer counts; other errors are ours.
func (l *Live) Check(ctx context.Context, t *AccessToken) (*Client, *storage.Grant, *storage.Person, error) {
	fresh := l.feed.Fresh() // asked once for all of it: nothing is older by that than the request itself
	client, err := l.clients.Stored(ctx, fresh, t.ClientID)
	if err != nil {
		return nil, nil, nil, gone(err, "a registered client")
	}
	if client.Disabled || (!t.Client.IsZero() && t.Client != client.ID) {
		return nil, nil, nil, InvalidToken("an enabled client", "a disabled or replaced one")
	}
	if denied, err := l.denied.has(ctx, fresh, t.ID); err != nil {
		return nil, nil, nil, err
	} else if denied {
		return nil, nil, nil, InvalidToken("a token that was not revoked", "a revoked one")
	}
	client, grant, person, err := l.checkOwner(ctx, fresh, t, client)
	if err == nil && person != nil {
		err = l.stillPermitted(ctx, client, person)
	}
	return client, grant, person, err
}

// checkOwner judges what stands behind a token.
func (l *Live) checkOwner(ctx context.Context, fresh bool, t *AccessToken, client *Client) (*Client, *storage.Grant, *storage.Person, error) {
	if t.Exchanged {
		return l.checkExchanged(ctx, t, client)
	}
	if !t.OfPerson() {
		return client, nil, nil, nil
	}
	grant, person, err := l.grant(ctx, fresh, t.Grant)
	if err == nil && grant.Client != client.ID {
		err = InvalidToken("a grant of the token's client", "another's")
	}
	return client, grant, person, err
}

// checkExchanged judges what stands behind a token that was made of another one: the subject's client, grant and person, and the actor's.
func (l *Live) checkExchanged(ctx context.Context, t *AccessToken, client *Client) (*Client, *storage.Grant, *storage.Person, error) {
	if !t.ActGrant.IsZero() {
		if _, _, err := l.Grant(ctx, t.ActGrant); err != nil {
			return nil, nil, nil, err
		}
	}
	if !t.OfPerson() {
		first, err := l.clients.ByClientID(ctx, t.Subject)
		return client, nil, nil, standing(first, err)
	}
	grant, person, err := l.Grant(ctx, t.Grant)
	if err != nil || grant.Client == client.ID {
		return client, grant, person, err
	}
	first, err := l.clients.ByRow(ctx, grant.Client)
	own := *grant
	own.Claims = "" // what another client asked to see by name is not this one's to see
	return client, &own, person, standing(first, err)
}

// standing refuses a client that is gone or disabled.
func standing(c *Client, err error) error {
	if err != nil {
		return gone(err, "a registered client")
	}
	if c.Disabled {
		return InvalidToken("an enabled client", "a disabled one")
	}
	return nil
}

// Grant returns a grant that counts with its person who may sign in.
func (l *Live) Grant(ctx context.Context, id storage.ID) (*storage.Grant, *storage.Person, error) {
	return l.grant(ctx, l.feed.Fresh(), id)
}

func (l *Live) grant(ctx context.Context, fresh bool, id storage.ID) (*storage.Grant, *storage.Person, error) {
	grant, err := l.grants.GetIf(ctx, fresh, id)
	if err != nil {
		return nil, nil, gone(err, "a standing grant")
	}
	if !grant.Live(l.now()) {
		return nil, nil, InvalidToken("a live grant", "a revoked or expired one")
	}
	person, err := l.people.GetIf(ctx, fresh, grant.Person)
	if err != nil {
		return nil, nil, gone(err, "a standing person")
	}
	if person.State != storage.PersonActive {
		return nil, nil, InvalidToken("an active person", string(person.State))
	}
	return grant, person, nil
}

func gone(err error, expected string) error {
	if errs.CodeOf(err) == errs.NotFound {
		return InvalidToken(expected, "none")
	}
	return err
}

// PersonActive refuses, as invalid_grant, a grant whose person is gone, locked or disabled.
func (l *Live) PersonActive(ctx context.Context, g *storage.Grant) error {
	_, err := l.ActivePerson(ctx, g.Person)
	return err
}

// ActivePerson returns the person, or refuses as PersonActive.
func (l *Live) ActivePerson(ctx context.Context, id storage.ID) (*storage.Person, error) {
	person, err := l.people.Get(ctx, id)
	if errs.CodeOf(err) == errs.NotFound {
		return nil, InvalidGrant("a standing person", "none")
	}
	if err != nil {
		return nil, err
	}
	if person.State != storage.PersonActive {
		return nil, InvalidGrant("an active person", string(person.State))
	}
	return person, nil
}

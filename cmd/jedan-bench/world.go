package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// How many there are of everything that takes turns.
const (
	clientCount = 1_000
	peopleCount = 1_000
	tokenCount  = 10_000
)

// benchPassword is the password of everybody here.
const benchPassword = "correct horse battery staple"

// world is what the scenarios work on: rows are written before the server starts, tokens are minted beside it with its own keys.
type world struct {
	dir, dsn     string
	issuer, host string
	listener     *net.TCPListener
	app          *app.App
	tokens       *core.Tokens
	issuance     *core.Issuance
	redeem       *core.Redeemer
	people       []*storage.Person
	sets         map[string][]*party
	grants       map[string][]*storage.Grant
	refresh      map[string][]string // first refresh tokens, by set
	saml         *samlSource         // nil until it is needed
	signer       *signer             // of clients that sign; nil until there are any
	ldap         *responder          // nil until there is one
}

// party is a client as its owner knows it.
type party struct {
	*core.Client
	basic  string // Authorization header
	secret string
}

func newWorld(ctx context.Context, dir, dsn string) (*world, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &world{
		dir: dir, dsn: dsn, host: l.Addr().String(), issuer: "http://" + l.Addr().String(), listener: l.(*net.TCPListener),
		sets: map[string][]*party{}, grants: map[string][]*storage.Grant{}, refresh: map[string][]string{},
	}
	if w.app, err = openApp(ctx, dir, w.issuer, dsn); err != nil {
		return nil, err
	}
	a := w.app
	w.tokens = core.NewTokens(w.issuer, a.Tenant, a.Keys, a.Ring, a.Now)
	w.issuance = &core.Issuance{
		Resources: core.NewResources(a.DB, a.Feed, a.Tenant), Config: a.Config.Tokens, Issuer: w.issuer, Userinfo: w.issuer + "/oauth2/userinfo", Now: a.Now,
	}
	w.redeem = &core.Redeemer{Grants: a.DB, Vault: a.Ring, Audit: a.Audit, Tokens: w.tokens, Now: a.Now}
	return w, w.addPeople(ctx)
}

func (w *world) close() error {
	_ = w.listener.Close()
	if w.ldap != nil {
		_ = w.ldap.close()
	}
	return w.app.Close()
}

func (w *world) addPeople(ctx context.Context) error {
	hash, err := w.app.Hasher.Hash(ctx, benchPassword)
	if err != nil {
		return err
	}
	return w.app.DB.InTx(ctx, func(ctx context.Context) error {
		w.people = w.people[:0]
		for i := range peopleCount {
			p, err := w.app.Directory.Create(ctx, w.app.Tenant, directory.NewPerson{
				Claims: claimsOf(i), PasswordHash: hash, Admin: i == 0, // the server makes a set-up link while there is no administrator
			}, directory.Actor{Kind: "operator", ID: "bench"})
			if err != nil {
				return err
			}
			w.people = append(w.people, p)
		}
		return nil
	})
}

func mailOf(i int) string { return fmt.Sprintf("person%d@people.test", i) }

// claimsOf are a person's usual claims.
func claimsOf(i int) directory.Claims {
	return directory.Claims{
		"email": mailOf(i), "email_verified": true, "name": fmt.Sprintf("Maria Example %d", i), "given_name": "Maria", "family_name": "Example",
		"nickname": "Mia", "picture": "https://people.test/maria.png", "zoneinfo": "Europe/Zagreb", "locale": "de-DE", "birthdate": "1990-04-01",
	}
}

// clients registers a set of clients, once.
func (w *world) clients(ctx context.Context, set string, m storage.ClientMetadata) error {
	if w.sets[set] != nil {
		return nil
	}
	return w.app.DB.InTx(ctx, func(ctx context.Context) error {
		w.sets[set] = nil
		for i := range clientCount {
			m.ClientName = fmt.Sprintf("%s %d", set, i)
			r, err := w.app.Registrar.Create(ctx, m, register.Options{Actor: register.Actor{Kind: "operator", ID: "bench"}})
			if err != nil {
				return err
			}
			c, err := core.ParseClient(r.Client)
			if err != nil {
				return err
			}
			w.sets[set] = append(w.sets[set], &party{Client: c, secret: r.Secret, basic: basic(c.ClientID, r.Secret)})
		}
		return nil
	})
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// addGrants makes count grants of a set of clients, once: grant i is person i's to client i, modulo how many there are. finish may be nil.
func (w *world) addGrants(ctx context.Context, name, set string, count int, scopes []string, finish func(i int, g *storage.Grant)) error {
	if w.grants[name] != nil {
		return nil
	}
	return w.app.DB.InTx(ctx, func(ctx context.Context) error {
		w.grants[name] = nil
		for i := range count {
			g := w.newGrant(w.sets[set][i%clientCount], w.people[i%peopleCount], scopes)
			if finish != nil {
				finish(i, g)
			}
			if _, _, err := w.app.DB.InsertGrant(ctx, g, w.redeem.Event(ctx, g, w.sets[set][i%clientCount].Client, "grant.create", "")); err != nil {
				return err
			}
			w.grants[name] = append(w.grants[name], g)
		}
		return nil
	})
}

func (w *world) newGrant(c *party, p *storage.Person, scopes []string) *storage.Grant {
	now := w.app.Now()
	id := storage.NewID(now)
	g := &storage.Grant{
		Tenant: w.app.Tenant, ID: id, Client: c.ID, Person: p.ID, Origin: "bench:" + id.String(), Subject: p.Subject, Scopes: scopes, ACR: "1",
		AMR: storage.Strings{"pwd"}, AuthTime: now, RedirectURI: redirectURI, Code: storage.CodeRedeemed, CodeExpires: now, Offline: true, Refresh: true,
		Rotates: c.RotatesRefresh(false), Generation: 1, ExpiresAt: now.Add(24 * time.Hour), CreatedAt: now,
	}
	return g
}

// mint writes access tokens, token i of grant i modulo how many there are.
func (w *world) mint(ctx context.Context, name, set string, count int) ([]string, error) {
	out := make([]string, count)
	grants := w.grants[name]
	for i := range out {
		g := grants[i%len(grants)]
		a, err := w.issuance.Template(ctx, w.sets[set][i%len(grants)%clientCount].Client, g, g.Scopes, nil)
		if err != nil {
			return nil, err
		}
		if out[i], err = w.tokens.MintAccess(&a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

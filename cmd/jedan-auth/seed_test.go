package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// opened opens what a script made in a data folder; database names a file with a DSN, "" is the folder's own. Whoever opens it closes it.
func opened(ctx context.Context, ts *testscript.TestScript, data, database string) *app.App {
	cfg, err := config.Defaults[app.Config]()
	ts.Check(err)
	cfg.Data = ts.MkAbs(data)
	if database != "" {
		cfg.Database = config.Secret(strings.TrimSpace(ts.ReadFile(database)))
	}
	a, err := app.Open(ctx, cfg, app.Options{Log: slog.New(slog.DiscardHandler)})
	ts.Check(err)
	return a
}

// grant stores what a sign-in and a consent leave behind: a session, a consent and a grant.
func grant(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	database := ""
	if len(args) > 4 {
		database = args[4]
	}
	a := opened(ctx, ts, args[0], database)
	defer func() { ts.Check(a.Close()) }()
	person, err := a.Directory.ByIdentifier(ctx, a.Tenant, args[1])
	ts.Check(err)
	client, err := a.DB.ClientByClientID(ctx, a.Tenant, args[2])
	ts.Check(err)
	now := a.Now()
	s := &storage.Session{
		Tenant: a.Tenant, ID: storage.NewID(now), Person: person.ID, AuthTime: now, ACR: "1", AMR: []string{"pwd"}, CreatedAt: now, LastSeenAt: now,
		ExpiresAt: now.Add(time.Hour),
	}
	s.Device = a.Ring.Seal(seal.Location{Table: s.TableName(), Column: "device", Tenant: s.Tenant, Row: s.ID}, []byte(`{"ip":"203.0.113.7"}`))
	ts.Check(a.DB.InsertSession(ctx, s, storage.ID{}, false, nil))
	ts.Check(a.DB.UpsertConsent(ctx, &storage.Consent{
		Tenant: a.Tenant, ID: storage.NewID(now), Person: person.ID, Client: client.ID, Scopes: []string{"openid"}, CreatedAt: now, UpdatedAt: now,
	}, nil))
	g := &storage.Grant{
		Tenant: a.Tenant, ID: storage.NewID(now), Client: client.ID, Person: person.ID, Session: s.ID, Origin: "flow:" + storage.NewID(now).String(),
		Subject: person.Subject, Scopes: []string{"openid"}, ACR: "1", AMR: []string{"pwd"}, AuthTime: now, ExpiresAt: now.Add(time.Hour), CreatedAt: now,
	}
	_, _, err = a.DB.InsertGrant(ctx, g, nil)
	ts.Check(err)
	ts.Setenv(args[3], g.ID.String())
}

// dead gives a message up that waits, as a server does whose client said no.
func dead(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	cfg, err := config.Defaults[app.Config]()
	ts.Check(err)
	cfg.Data = ts.MkAbs(args[0])
	a, err := app.Open(ctx, cfg, app.Options{Log: slog.New(slog.DiscardHandler)})
	ts.Check(err)
	defer func() { ts.Check(a.Close()) }()
	now, owner := a.Now(), storage.NewID(a.Now())
	ms, err := a.DB.ClaimOutbox(ctx, storage.ClaimOutbox{Owner: owner, Kinds: []string{"backchannel_logout"}, Now: now, Until: now.Add(time.Minute), Limit: 1})
	ts.Check(err)
	if len(ms) != 1 {
		ts.Fatalf("nothing waits")
	}
	done, _, err := a.DB.FinishOutbox(ctx, storage.FinishOutbox{
		Tenant: ms[0].Tenant, ID: ms[0].ID, Owner: owner, State: storage.OutboxDead, Status: "The client answered 400.", Attempts: 1, Now: now,
	})
	ts.Check(err)
	if !done {
		ts.Fatalf("somebody else had it")
	}
	ts.Setenv(args[1], ms[0].ID.String())
}

// cert writes a self-signed certificate for a host that ends after so many days.
func cert(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[3])
	ts.Check(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{args[0]}, NotBefore: now.AddDate(0, 0, -400), NotAfter: now.AddDate(0, 0, days),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	ts.Check(err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for path, block := range map[string]*pem.Block{args[1]: {Type: "CERTIFICATE", Bytes: der}, args[2]: {Type: "PRIVATE KEY", Bytes: raw}} {
		ts.Check(os.WriteFile(ts.MkAbs(path), pem.EncodeToMemory(block), 0o600))
	}
}

// database makes a database that goes when the script ends.
func database(ts *testscript.TestScript, _ bool, args []string) {
	admin, name := os.Getenv(gormtest.PostgresVariable), "jedan_cli_"+strings.ToLower(rand.Text())
	execute(ts, admin, "CREATE DATABASE "+name)
	ts.Defer(func() { execute(ts, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	u, err := url.Parse(admin)
	ts.Check(err)
	u.Path = "/" + name
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(u.String()+"\n"), 0o600))
}

func execute(ts *testscript.TestScript, dsn, sql string) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	ts.Check(err)
	_, err = conn.Exec(ctx, sql)
	ts.Check(errors.Join(err, conn.Close(ctx)))
}

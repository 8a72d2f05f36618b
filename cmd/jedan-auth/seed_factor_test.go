package main

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// factor leaves behind what adding an authenticator app and backup codes does, and too many wrong codes: factor DATA USER.
func factor(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	a := opened(ctx, ts, args[0], "")
	defer func() { ts.Check(a.Close()) }()
	p, err := a.Directory.ByIdentifier(ctx, a.Tenant, args[1])
	ts.Check(err)
	now := a.Now()
	f := &storage.Factor{Tenant: a.Tenant, ID: storage.NewID(now), Person: p.ID, Kind: storage.KindTOTP, State: storage.FactorConfirmed, CreatedAt: now, ConfirmedAt: &now}
	at := func(column string) seal.Location {
		return seal.Location{Table: f.TableName(), Column: column, Tenant: f.Tenant, Row: f.ID}
	}
	f.Name, f.Secret = a.Ring.Seal(at("name"), []byte("Pixel 9")), a.Ring.Seal(at("secret"), []byte("12345678901234567890"))
	ts.Check(a.DB.InsertFactor(ctx, f, 1, nil))
	ts.Check(a.DB.ReplaceBackupCodes(ctx, a.Tenant, p.ID, []storage.BackupCode{{Tenant: a.Tenant, ID: storage.NewID(now), Person: p.ID, Hash: []byte(p.ID.String()), CreatedAt: now}}, nil))
	_, _, err = a.DB.TakeTry(ctx, storage.TakeTry{Tenant: a.Tenant, Person: p.ID, Kind: storage.KindTOTP, Now: now, Free: 1, First: time.Hour, Longest: time.Hour}, nil)
	ts.Check(err)
}

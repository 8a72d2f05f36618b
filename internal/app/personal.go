package app

import (
	"context"
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// personalTable is a table that keeps something of people.
type personalTable struct {
	storage.PersonalTable
	secrets []string // columns that are not given out: what they hold opens something, or says nothing
	kept    bool     // not erased
}

// personalTables lists every table that keeps something of people. One line joins a table to the download of everything that is kept of a person (GDPR
// articles 15 and 20) and to their erasure (article 17), in this order; the person's own row comes last. TestEveryTableIsAccountedFor fails for a table
// that is neither here nor in impersonalTables.
func personalTables() []personalTable {
	const own = "person = {person}"
	table := func(name, where, key string, secrets ...string) personalTable {
		return personalTable{PersonalTable: storage.PersonalTable{Name: name, Where: where, Key: key}, secrets: secrets}
	}
	log := table("audit_events", "actor = {actor} OR target = {target}", "id")
	log.kept = true // it names nobody, and what it knows of them is sealed
	return []personalTable{
		table("session_clients", "session IN (SELECT id FROM sessions WHERE tenant = {tenant} AND person = {person})", ""),
		table("saml_sessions", own, "id", "subject"),
		table("sessions", own, "id"),
		table("grants", own, "id", "challenge", "nonce1", "nonce0"),
		table("consents", own, "id"),
		table("pending", own, "id", "handle", "user_code", "address"),
		table("passkeys", own, "id"),
		table("directory_entries", "key IN (SELECT key FROM links WHERE tenant = {tenant} AND person = {person} AND connector = directory_entries.connector)", "", "key", "digest"),
		table("links", own, "id", "key", "tokens"),
		table("trusted_browsers", own, "id"),
		table("codes", own, "id", "hash", "link_hash"),
		table("qr_sign_ins", own, "id", "secret", "address"),
		table("recoveries", own, "id", "email_hash"),
		table("factors", own, "id", "secret"),
		table("backup_codes", own, "id", "hash"),
		table("factor_failures", own, ""),
		table("group_people", own, ""),
		table("erasures", own, ""),
		table("risk_verdicts", own, "id"),
		table("risk_baselines", own, ""),
		log,
		table("people", "id = {person}", "id", "password_hash", "email_hash", "username_hash"),
	}
}

// impersonalTables keep nothing of people.
func impersonalTables() []string {
	return []string{
		"tenants", "keyring", "signing_keys", "clients", "resources", "setup_links", "initial_access_tokens", "denials", "replays", "changes",
		"relying_parties", "firewall_rules", "groups", "group_nesting", "connectors", "saml_apps", "saml_keys",
		"directory_syncs", "documents",
		"trips",      // sealed, and gone within minutes
		"allowances", // counts under keyed hashes, which end within a day
		"outbox",     // payloads are sealed, and go when they are delivered or given up
	}
}

// ErasePerson removes everything that is kept of a person but the log, in one transaction. Clients that they signed in to are told.
func (a *App) ErasePerson(ctx context.Context, id storage.ID, actor directory.Actor) error {
	return a.DB.Erasing(ctx, func(ctx context.Context) error { return a.erasePerson(ctx, id, actor) })
}

func (a *App) erasePerson(ctx context.Context, id storage.ID, actor directory.Actor) error {
	return a.Directory.Erase(ctx, a.Tenant, id, actor, func(ctx context.Context) error {
		if err := a.forgetAllowed(ctx, id, actor); err != nil {
			return err
		}
		for _, t := range personalTables() {
			if t.kept || t.Name == "people" {
				continue
			}
			if _, err := a.DB.ErasePersonal(ctx, t.PersonalTable, a.Tenant, id); err != nil {
				return fmt.Errorf("erase from %s: %w", t.Name, err)
			}
		}
		return nil
	})
}

// eraseOneself is erasePerson for who asks it of themselves. The last administrator stays: nobody could look after the others any more.
func (a *App) eraseOneself(ctx context.Context, id storage.ID) error {
	return a.DB.Erasing(ctx, func(ctx context.Context) error {
		last, err := a.DB.LastAdmin(ctx, a.Tenant, id)
		if err != nil {
			return err
		}
		if last {
			return errs.New(errs.Forbidden, lastAdminSays)
		}
		return a.erasePerson(ctx, id, directory.Actor{Kind: audit.Person, ID: id.String()})
	})
}

const lastAdminSays = "You are the last administrator. Make somebody else one first."

// EraseDue erases those who wished it and whose day has come.
func (a *App) EraseDue(ctx context.Context) error {
	due, err := a.DB.DueErasures(ctx, a.Tenant, a.Now(), 100)
	if err != nil {
		return err
	}
	for _, e := range due {
		err := a.DB.Erasing(ctx, func(ctx context.Context) error {
			if taken, err := a.DB.TakeErasure(ctx, e.Tenant, e.Person, a.Now()); err != nil || !taken {
				return err
			}
			return a.eraseOneself(ctx, e.Person)
		})
		switch {
		case errs.Is(err, errs.NotFound), errs.Is(err, errs.Forbidden): // gone already, or the last administrator by now: tried again, and said
			a.Log.WarnContext(ctx, "a person who wished to be erased is not", "person", e.Person.String(), "due", e.DueAt.Format(time.RFC3339), "error", err)
		case err != nil:
			return err
		}
	}
	return nil
}

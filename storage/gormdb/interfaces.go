package gormdb

import "github.com/jedan-auth/jedan-auth/storage"

// What a DB is. A missing method is an error of the build, not of a request.
var (
	_ storage.Transactor     = (*DB)(nil)
	_ storage.Pinger         = (*DB)(nil)
	_ storage.Tenants        = (*DB)(nil)
	_ storage.Keyring        = (*DB)(nil)
	_ storage.SigningKeys    = (*DB)(nil)
	_ storage.ClientReader   = (*DB)(nil)
	_ storage.ClientWriter   = (*DB)(nil)
	_ storage.ResourceReader = (*DB)(nil)
	_ storage.ResourceWriter = (*DB)(nil)
	_ storage.PersonReader   = (*DB)(nil)
	_ storage.PersonWriter   = (*DB)(nil)
	_ storage.SetupLinks     = (*DB)(nil)
	_ storage.SessionReader  = (*DB)(nil)
	_ storage.SessionWriter  = (*DB)(nil)
	_ storage.GrantReader    = (*DB)(nil)
	_ storage.GrantWriter    = (*DB)(nil)
	_ storage.GrantCounters  = (*DB)(nil)
	_ storage.Consents       = (*DB)(nil)
	_ storage.Denials        = (*DB)(nil)
	_ storage.Replays        = (*DB)(nil)
	_ storage.AuditReader    = (*DB)(nil)
	_ storage.AuditWriter    = (*DB)(nil)
	_ storage.ChangeTail     = (*DB)(nil)
	_ storage.PendingReader  = (*DB)(nil)
	_ storage.PendingLister  = (*DB)(nil)
	_ storage.PendingWriter  = (*DB)(nil)
	_ storage.PendingSpender = (*DB)(nil)
	_ storage.PendingSweeper = (*DB)(nil)

	_ storage.InitialAccessReader  = (*DB)(nil)
	_ storage.InitialAccessWriter  = (*DB)(nil)
	_ storage.InitialAccessSpender = (*DB)(nil)
)

package storetest

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Backend is everything that a storage backend implements.
type Backend interface {
	storage.Transactor
	storage.Pinger
	storage.Tenants
	storage.Keyring
	storage.SigningKeys
	storage.ClientReader
	storage.ClientWriter
	storage.ResourceReader
	storage.ResourceWriter
	storage.PersonReader
	storage.PersonWriter
	storage.SetupLinks
	storage.SessionReader
	storage.SessionWriter
	storage.Participants
	storage.GrantReader
	storage.GrantWriter
	storage.GrantCounters
	storage.Consents
	storage.Denials
	storage.Replays
	storage.AuditReader
	storage.AuditWriter
	storage.ChangeTail
	storage.PendingReader
	storage.PendingLister
	storage.PendingWriter
	storage.PendingKeeper
	storage.PendingSpender
	storage.PendingSweeper
	storage.InitialAccessReader
	storage.InitialAccessWriter
	storage.InitialAccessSpender
	storage.OutboxWriter
	storage.OutboxQueue
	storage.OutboxReader
	storage.OutboxSweeper
	storage.RegisteredClients
	storage.PasskeyReader
	storage.PasskeyWriter
	storage.PasskeyUser
	storage.RelyingParties
	storage.Allowances
	storage.Codes
	storage.Recoveries
	storage.RecoverySteps
	storage.RiskReader
	storage.RiskWriter
	storage.FirewallReader
	storage.FirewallWriter
	storage.FactorReader
	storage.FactorWriter
	storage.FactorSpender
	storage.FactorTries
	storage.BackupCodes
	storage.GroupReader
	storage.GroupWriter
	storage.TrustedBrowsers
	storage.QRReader
	storage.QRWriter
	storage.QRSpender
	storage.ConnectorReader
	storage.ConnectorWriter
	storage.LinkReader
	storage.LinkWriter
	storage.Trips
	storage.UpstreamSessions
	storage.SAMLAppReader
	storage.SAMLAppWriter
	storage.SAMLKeys
	storage.SAMLSessions
	storage.Directories
	storage.Documents
}

// RawReader is implemented by backends whose stored bytes can be read from outside. The case that looks for plaintext needs it.
type RawReader interface {
	// Raw returns everything that was stored, as it lies on the disk or as near to it as can be had.
	Raw(t *testing.T) []byte
}

// Run runs the contract. open returns a backend with a schema and no rows; it closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(newWorld(t, open(t)))
		})
	}
}

type testCase struct {
	name string
	run  func(*world)
}

func cases() []testCase {
	var all []testCase
	for _, some := range [][]testCase{
		tenantCases(), keyCases(), clientCases(), resourceCases(), personCases(), setupCases(), sessionCases(), grantCases(), refreshCases(),
		consentCases(), onceCases(), auditCases(), sweepCases(), txCases(), raceCases(), tailCases(), canaryCases(),
		participantCases(), pendingCases(), pendingSpendCases(), initialAccessCases(), registeredCases(), riskCases(), firewallCases(),
		passkeyCases(), factorCases(), backupCodeCases(), triesCases(), codeCases(), recoveryCases(), groupCases(), trustedCases(), qrCases(), federationCases(), samlCases(), directoryCases(),
		outboxCases(), outboxOrderCases(),
	} {
		all = append(all, some...)
	}
	return all
}

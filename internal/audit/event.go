package audit

import (
	"encoding/json"
	"net/netip"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Types of events (noun.verb).
const (
	UserLogin          = "user.login"
	UserLogout         = "user.logout"
	UserCreate         = "user.create"
	UserUpdate         = "user.update"
	UserLock           = "user.lock"
	UserUnlock         = "user.unlock"
	UserDisable        = "user.disable"
	UserDelete         = "user.delete"
	UserExport         = "user.export"
	UserDeleteRequest  = "user.delete_request"
	UserDeleteCancel   = "user.delete_cancel"
	UserPasswordChange = "user.password_change" //nolint:gosec // a name, not a password
	UserRecovery       = "user.recovery"
	UserInvite         = "user.invite"
	UserSignup         = "user.signup"
	UserRequire        = "user.require" // an operator asks for required actions, or for less of them
	UserTermsAccept    = "user.terms_accept"
	UserEmailVerify    = "user.email_verify"
	UserEmailChange    = "user.email_change"
	UserEmailKeep      = "user.email_keep" // a change of the address was called off
	ConsentGrant       = "consent.grant"
	ConsentDeny        = "consent.deny"
	ConsentRevoke      = "consent.revoke"
	GrantCreate        = "grant.create"
	GrantRedeem        = "grant.redeem"
	GrantReuse         = "grant.reuse"
	GrantRevoke        = "grant.revoke"
	GrantRefresh       = "grant.refresh"
	TokenIssue         = "token.issue"
	TokenRevoke        = "token.revoke"
	TokenExchange      = "token.exchange"
	ClientCreate       = "client.create"
	ClientUpdate       = "client.update"
	ClientDelete       = "client.delete"
	ClientSecretRotate = "client.secret_rotate" //nolint:gosec // a name, not a secret
	ResourceCreate     = "resource.create"
	ResourceUpdate     = "resource.update"
	ResourceDelete     = "resource.delete"
	GroupCreate        = "group.create"
	GroupUpdate        = "group.update"
	GroupDelete        = "group.delete"
	GroupAdd           = "group.add"
	GroupRemove        = "group.remove"
	KeyRotate          = "key.rotate"
	KeyRevoke          = "key.revoke"
	KeyringRewrap      = "keyring.rewrap"
	SessionRevoke      = "session.revoke"
	SetupComplete      = "setup.complete"
	OutboxRetry        = "outbox.retry"

	InitialAccessCreate = "initial_access.create"
	InitialAccessDelete = "initial_access.delete"

	FactorCreate      = "factor.create"
	FactorUpdate      = "factor.update"
	FactorDelete      = "factor.delete"
	BrowserTrust      = "browser.trust" // it stands in for a second factor
	BrowserDistrust   = "browser.distrust"
	FactorLock        = "factor.lock" // too many wrong codes
	BackupCodesCreate = "backup_codes.create"
	BackupCodesUse    = "backup_codes.use"
	UserMFAReset      = "user.mfa_reset"

	RecoveryBegin   = "recovery.begin" // one that waits, without second factors
	RecoveryReady   = "recovery.ready"
	RecoveryCancel  = "recovery.cancel"
	RecoveryUse     = "recovery.use"
	RecoveryLink    = "recovery.link" // an administrator made one
	RecoveryLinkUse = "recovery.link_use"

	LoginFailures = "login.failures"

	PasskeyAdd      = "passkey.add"
	PasskeyRename   = "passkey.rename"
	PasskeyRemove   = "passkey.remove"
	PasskeyCount    = "passkey.count" // its signature counter went back
	QRApprove       = "qr.approve"    // a sign-in elsewhere, on a phone
	QRDeny          = "qr.deny"
	QRUse           = "qr.use" // an approved one was completed
	ConnectorCreate = "connector.create"
	ConnectorUpdate = "connector.update"
	ConnectorDelete = "connector.delete"
	LinkAdd         = "link.add" // somebody at an upstream is a person here from now on
	LinkRemove      = "link.remove"
	LinkEnd         = "link.end" // the upstream does not vouch for them any more: what rested on that has ended
	SAMLAppCreate   = "saml_app.create"
	SAMLAppUpdate   = "saml_app.update"
	SAMLAppDelete   = "saml_app.delete"
	SAMLKeyCreate   = "saml_key.create"
	SAMLAssert      = "saml.assert"  // an application was told who somebody is
	SAMLRefuse      = "saml.refuse"  // somebody who is signed in may not go there
	SAMLLogout      = "saml.logout"  // an application asked for a sign-out
	LinkSuspend     = "link.suspend" // the directory does not let them sign in
	LinkResume      = "link.resume"

	ConnectorSync    = "connector.sync"
	ConnectorSyncAsk = "connector.sync_ask" // it would have ended too many, and waits for a word
	FirewallBlock    = "firewall.block"
	FirewallUnblock  = "firewall.unblock"
)

// Severities, kinds of actors and outcomes.
const (
	Info, Notice, Warning, Critical  = "info", "notice", "warning", "critical"
	Person, Client, Operator, System = "person", "client", "operator", "system"
	Success, Failure                 = "success", "failure"
)

// Event is what happened. Empty fields get defaults from Recorder.Row: Severity by type and outcome, ActorKind System, Outcome Success, and IP,
// Device and RequestID from the context.
type Event struct {
	ID        storage.ID // set by Row
	Tenant    storage.ID // set by Row
	Time      time.Time  // set by Row
	Type      string
	Severity  string
	ActorKind string
	Actor     string // an id, never a name or an address
	Target    string // kind:id
	Client    string // client_id of a registered client
	Org       string
	Outcome   string
	Reason    string         // a code ([a-z0-9_.:-], at most 64), never a value that somebody sent
	RequestID string         // set by Row
	IP        netip.Addr     // sealed
	Device    string         // user agent, sealed
	Data      map[string]any // sealed; small, and free of secrets
}

// MarshalJSON writes the schema of the surface page: actor is kind:id, absent fields are left out.
func (e Event) MarshalJSON() ([]byte, error) {
	actor := e.ActorKind
	if e.Actor != "" {
		actor += ":" + e.Actor
	}
	return json.Marshal(struct {
		ID        storage.ID     `json:"id"`
		Time      time.Time      `json:"time"`
		Type      string         `json:"type"`
		Severity  string         `json:"severity"`
		Actor     string         `json:"actor"`
		Target    string         `json:"target,omitempty"`
		Client    string         `json:"client,omitempty"`
		Org       string         `json:"org,omitempty"`
		IP        netip.Addr     `json:"ip,omitzero"`
		Device    string         `json:"device,omitempty"`
		Outcome   string         `json:"outcome"`
		Reason    string         `json:"reason,omitempty"`
		RequestID string         `json:"request_id,omitempty"`
		Data      map[string]any `json:"data,omitempty"`
	}{
		e.ID, e.Time.UTC(), e.Type, e.Severity, actor, e.Target, e.Client, e.Org, e.IP, e.Device, e.Outcome, e.Reason, e.RequestID, e.Data,
	})
}

func defaultSeverity(e Event) string {
	switch {
	case e.Type == GrantReuse || e.Type == KeyRevoke:
		return Warning
	case e.Outcome == Failure || e.Type == LoginFailures:
		return Notice
	}
	return Info
}

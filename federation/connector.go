package federation

import (
	"context"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Connector is an upstream that is ready to be asked. What it can do beside having a kind are the capability interfaces below. It is safe for concurrent
// use, and replaced when its row changes.
type Connector interface {
	// Kind is the plug-in's name, such as oidc or saml.
	Kind() string
}

// Redirector signs people in by sending their browser to the upstream.
type Redirector interface {
	Connector
	// Begin says where the browser goes. errs.Unavailable when the upstream's metadata cannot be had.
	Begin(ctx context.Context, w Wish) (*Departure, error)
	// Complete judges what the browser brought back. A *Refusal says that it does not count; errs.Unavailable that the upstream did not answer.
	Complete(ctx context.Context, a Arrival) (*Identity, error)
}

// Wish is what the application, or a page of ours, wants of the sign-in.
type Wish struct {
	State       string        // unguessable, at most 64 characters of base64url: what comes back must carry it (state, RelayState)
	CallbackURL string        // where the browser comes back to
	Fresh       bool          // the person must prove themselves now (prompt=login, ForceAuthn)
	MaxAge      time.Duration // since they did; 0: any
	Linking     bool          // somebody links this upstream who has just proved themselves here: Fresh is waived where the upstream has no word for it
	Silent      bool          // no screen may be shown (prompt=none, IsPassive)
	ACR         []string      // classes one of which is wanted, in order of preference
	Hint        string        // login_hint, allow-listed by the broker; may be empty
	Locales     string        // ui_locales
}

// Departure is how a browser leaves.
type Departure struct {
	URL  string     // address of a GET, or of a POST when Form is set
	Form url.Values // fields of the form to post; nil: a redirect
	// Kept is what Complete needs again: nonce, code verifier, request id. The broker keeps it sealed, for this browser alone, and gives it back once.
	Kept []byte
}

// Arrival is a browser that comes back, once the broker has matched its state with the departure.
type Arrival struct {
	Wish   Wish   // as it was at the departure
	Kept   []byte // the departure's
	Began  time.Time
	Method string     // of the request: GET or POST
	Params url.Values // its query, or its form
}

// Reasons of a PasswordChecker's refusals that others know.
const (
	ReasonUnknown    = "unknown"     // nobody there has this name: another directory may know them
	ReasonMustChange = "must_change" // the password is right, and must be changed before it counts
	ReasonChangeHere = "change_here" // as before, and it can be changed here (said by the broker)
	ReasonPolicy     = "policy"      // the directory's rules do not take the new password
)

// Credentials are a name and a password as somebody typed them.
type Credentials struct {
	Username, Password string
	// Known says that the browser is one in which they have signed in by this name. It has tries that strangers do not have (PW04).
	Known bool
	// Name stands for the name where browsers are remembered.
	Name storage.ID
}

// PasswordChecker signs people in by a name and a password that are typed here.
type PasswordChecker interface {
	Connector
	// CheckPassword asks the upstream once. A *Refusal says that it said no, and is for the Person only where the upstream has proved the password;
	// errs.Unavailable says that nothing is known.
	CheckPassword(ctx context.Context, typed Credentials) (*Identity, error)
}

// PasswordChanger lets people whose password must be changed do so here, as the old one is known: the directory's rules about old passwords and history hold.
type PasswordChanger interface {
	PasswordChecker
	// ChangesPasswords says that the operator wants it so.
	ChangesPasswords() bool
	// ChangePassword replaces the typed password with next. A *Refusal of ReasonPolicy says that the directory does not take next; any other that the old one is not right.
	ChangePassword(ctx context.Context, typed Credentials, next string) error
}

// Syncer lists the people of its directory, so that who is disabled or gone there can be ended here.
type Syncer interface {
	Connector
	// SyncEvery is how often it wants to be asked; 0: never.
	SyncEvery() time.Duration
	// Sync reports everybody (full, or when it cannot go on from the cursor) or what has changed since, a page at a time. The cursor is of the last run, nil
	// for the first. An error means that what was reported is not all.
	Sync(ctx context.Context, cursor []byte, full bool, page func(ctx context.Context, p SyncPage) error) (*SyncEnd, error)
	// Absent says which of the keys are nobody's there any more, for a directory that does not report deletions.
	Absent(ctx context.Context, keys []string) ([]string, error)
}

// SyncPage is a part of what a directory has.
type SyncPage struct {
	Full    bool // the run lists everybody: whom no page has is gone
	Entries []SyncEntry
	Gone    []string // keys of deleted ones
}

// SyncEntry is somebody of a directory.
type SyncEntry struct {
	Key        string            // Identity.Key
	Off        string            // why they may not sign in, one word; empty: they may
	ChangesAt  time.Time         // when that turns round by itself, as an account's end does; zero: it does not
	Attributes map[string]string // in OpenID's standard claims
	Belongs    string            // what of the entry itself bears on its groups, to be compared; may be empty
}

// GroupLister is a Syncer that also says who is in which groups there, so that memberships here follow without a sign-in.
type GroupLister interface {
	Syncer
	// ListGroups reads all groups with their members where one has changed since the cursor, or full; nil: this connector reads none. step is called between
	// pages, and ends it with an error. errs.TooLarge when there are more than it keeps.
	ListGroups(ctx context.Context, cursor []byte, full bool, step func(ctx context.Context) error) (*GroupList, error)
}

// GroupList is what a directory's groups are.
type GroupList struct {
	Cursor []byte
	Read   bool // false: they are as they were at the cursor, and nothing else is said
	Count  int  // groups that there are
	// Members says of some people what a re-check would. Those of whom nothing can be said are left out.
	Members func(ctx context.Context, keys []string) ([]*Identity, error)
}

// SyncEnd is how a run has ended.
type SyncEnd struct {
	Cursor    []byte
	Deletions bool // deleted ones were reported, or the run was full
}

// Rechecker says whether somebody may still sign in, without them.
type Rechecker interface {
	Connector
	// Recheck returns what the upstream says now; nil that it cannot be asked about this person, such as without tokens. A *Refusal with Person says that they
	// may not sign in any more; any other, and errs.Unavailable, that nothing is known.
	Recheck(ctx context.Context, key string, tokens *Tokens) (*Identity, error)
}

// LogoutReceiver hears from its upstream, server to server, that somebody's session there has ended.
type LogoutReceiver interface {
	Connector
	// ReadLogout judges the upstream's message. A *Refusal says that it does not count.
	ReadLogout(ctx context.Context, message string) (*LogoutNotice, error)
}

// LogoutNotice says whose session has ended at the upstream: one of them, or all of somebody's.
type LogoutNotice struct {
	ID      string    // of the message: it counts once
	Until   time.Time // when it would not count any more anyhow
	Subject string    // Identity.Subject; empty: it names a session alone
	Session string    // Identity.Session; empty: all of theirs
}

// LogoutListener is told by browsers that somebody's session at its upstream ends, and sends them back (SAML single logout).
type LogoutListener interface {
	Connector
	// ListenLogout judges the message, which counts once. A *Refusal says that it does not.
	ListenLogout(ctx context.Context, m BrowserMessage) (*Leaving, error)
}

// BrowserMessage is what a browser brought, as it was sent.
type BrowserMessage struct {
	Method string     // GET or POST
	Query  string     // of a GET
	Form   url.Values // of a POST
}

// Leaving is somebody who signs out upstream.
type Leaving struct {
	Subject  string   // Identity.Subject
	Sessions []string // Identity.Session; none: all of theirs
	// Answer is where the browser goes then; done says whether everything was ended.
	Answer func(ctx context.Context, done bool) (*Departure, error)
}

// Publisher has documents that the upstream reads, such as SAML metadata.
type Publisher interface {
	Connector
	Metadata(ctx context.Context) (contentType string, body []byte, err error)
}

// Identity is what an upstream says about somebody. Everything in it was in the bytes that were verified.
type Identity struct {
	// Key names the person at this upstream for good: sub, objectGUID, a persistent name identifier. Never a name or an address that may be given to somebody
	// else, unless the operator chose so. At most 1,024 bytes.
	Key string
	// Claims are what it said, by its own names: what mapping rules read.
	Claims map[string]any
	// Profile is the same in OpenID's standard claims, as far as the kind knows them; email_verified is true only where the kind's rules trust it.
	Profile map[string]any
	Groups  []string
	ACR     string    // class that the upstream says was met; "": it did not say
	AMR     []string  // methods (RFC 8176), as it said
	At      time.Time // when the person proved themselves there; zero: it did not say
	Until   time.Time // when its session ends, at the latest; zero: it did not say
	Session string    // what it calls its session (sid, SessionIndex); may be empty
	Subject string    // what a sign-out there will name (sub, NameID in its canonical text); may be empty
	Tokens  *Tokens   // of the upstream's own API; nil: none
}

// Tokens are the upstream's, for its own API. They are kept sealed.
type Tokens struct {
	Access, Refresh, ID string
	ExpiresAt           time.Time // of Access; zero: not said
	Scope               string
}

// Refusal is the answer to what does not count. It names the check; nothing that somebody sent is in it.
type Refusal struct {
	Check    string // row of a table, such as oidc_id_token.nonce
	Expected string
	Received string
	Reason   string // one word for audit and metrics: signature, audience, replay
	// Person is true where the upstream itself said no to the person (access_denied, a disabled account): they are told, and may try another way.
	Person bool
}

// Error is for the log.
func (r *Refusal) Error() string {
	return "federation: " + r.Check + ": expected " + r.Expected + ", received " + r.Received
}

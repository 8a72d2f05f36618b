package ldap

import (
	"context"
	"strings"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// attempt is one sign-in on its way through the tables.
type attempt struct {
	c        *connector
	name     string
	password string
	known    bool // the browser has been used by this name before

	principal *federation.Principal // who has a ticket, and types nothing

	found  []*goldap.Entry
	policy policy
	entry  *goldap.Entry
	key    string
	counts bool // the directory's answer is a wrong password, if it is no
	bind   outcome
}

// row is one rule about a sign-in. What it received says nothing of what somebody typed, or of whom.
type row = verdict.Row[*attempt]

func rowsTyped() []row {
	return []row{
		{Name: "ldap_typed.name", Reason: federation.ReasonUnknown, Check: checkName},
		{Name: "ldap_typed.password", Reason: "wrong", Check: checkPassword},
		{Name: "ldap_typed.text", Reason: "wrong", Check: checkText},
	}
}

func rowsEntry() []row {
	return []row{
		{Name: "ldap_entry.some", Reason: federation.ReasonUnknown, Check: checkSome},
		{Name: "ldap_entry.one", Reason: "ambiguous", Check: checkOne},
		{Name: "ldap_entry.place", Reason: "place", Check: checkPlace},
		{Name: "ldap_entry.key", Reason: "key", Check: checkKey},
		{Name: "ldap_entry.lock", Reason: "limit", Check: checkLock},
		{Name: "ldap_entry.tries", Reason: "limit", Check: checkTries},
	}
}

// rowsPrincipal is for whom the realm's KDC has proved.
func rowsPrincipal() []row {
	return []row{
		{Name: "ldap_principal.some", Reason: federation.ReasonUnknown, Check: checkSome},
		{Name: "ldap_principal.one", Reason: "ambiguous", Check: checkOne},
		{Name: "ldap_principal.place", Reason: "place", Check: checkPlace},
		{Name: "ldap_principal.key", Reason: "key", Check: checkKey},
		{Name: "ldap_principal.name", Reason: "name", Check: checkHeld},
		{Name: "ldap_principal.state", Reason: "state", Check: checkState},
	}
}

func rowsBind() []row {
	return []row{
		{Name: "ldap_bind.password", Reason: "wrong", Check: checkBind},
		{Name: "ldap_bind.must_change", Reason: federation.ReasonMustChange, Check: checkMustChange},
		{Name: "ldap_bind.account", Reason: "account", Check: checkAccount},
		{Name: "ldap_bind.state", Reason: "state", Check: checkState},
	}
}

// judge applies a table until a row refuses.
func judge(ctx context.Context, a *attempt, rows []row) error {
	for _, r := range rows {
		expected, received, err := r.Check(ctx, a)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if received != "" {
			return &federation.Refusal{Check: r.Name, Expected: expected, Received: received, Reason: r.Reason, Person: a.bind.proved}
		}
	}
	return nil
}

func checkName(_ context.Context, a *attempt) (expected, received string, err error) {
	if !line(a.name) {
		received = "another text, or none"
	}
	return "a name of one line and at most 256 bytes", received, nil
}

// checkPassword keeps from the wire what a server takes for an anonymous or unauthenticated bind, which succeeds whoever is named (RFC 4513 section 5.1.2).
func checkPassword(_ context.Context, a *attempt) (expected, received string, err error) {
	if strings.Trim(a.password, " \t\r\n\x00") == "" {
		received = "none, or blanks"
	}
	return "a password", received, nil
}

// checkText keeps from the wire what servers that end a text at NUL would cut short.
func checkText(_ context.Context, a *attempt) (expected, received string, err error) {
	if strings.Contains(a.password, "\x00") || !utf8.ValidString(a.password) || len(a.password) > maxValue {
		received = "another text"
	}
	return "a password in UTF-8 without NUL", received, nil
}

func checkSome(_ context.Context, a *attempt) (expected, received string, err error) {
	if len(a.found) == 0 {
		received = "none"
	}
	return "an entry of this name", received, nil
}

func checkOne(_ context.Context, a *attempt) (expected, received string, err error) {
	if len(a.found) != 1 {
		return "one entry of this name", "several", nil
	}
	a.entry = a.found[0]
	return "one entry of this name", "", nil
}

// checkPlace wants a name to bind as: an empty one would be nobody's, and any password right for it.
func checkPlace(_ context.Context, a *attempt) (expected, received string, err error) {
	dn, err := goldap.ParseDN(a.entry.DN)
	if err != nil || len(dn.RDNs) == 0 || !under(a.entry.DN, a.c.c.BaseDN) {
		received = "another place, or none"
	}
	return "an entry below base_dn", received, nil
}

func checkKey(_ context.Context, a *attempt) (expected, received string, err error) {
	if a.key = a.c.keyOf(a.entry); a.key == "" {
		received = "none, or several"
	}
	return "one key_attribute", received, nil
}

// checkLock asks nothing more of a directory that would lock the entry at the next wrong password. The try before that is for browsers that its owner has used.
func checkLock(_ context.Context, a *attempt) (expected, received string, err error) {
	if a.policy.nearLock(a.entry, a.known, a.c.d.Now()) {
		received = "one that the next wrong password locks"
	}
	return "an entry with tries left", received, nil
}

func checkTries(_ context.Context, a *attempt) (expected, received string, err error) {
	if !a.c.wrong.take(a.key, a.known) {
		return "an entry with tries left here", "one without", nil
	}
	a.counts = true
	return "an entry with tries left here", "", nil
}

func checkBind(_ context.Context, a *attempt) (expected, received string, err error) {
	if !a.bind.proved {
		received = "another"
	}
	return "the entry's password", received, nil
}

func checkMustChange(_ context.Context, a *attempt) (expected, received string, err error) {
	if a.bind.off == offMustChange {
		received = "one that must be changed"
	}
	return "a password that counts", received, nil
}

func checkAccount(_ context.Context, a *attempt) (expected, received string, err error) {
	return "an account that may sign in", a.bind.off, nil
}

// checkState is for directories whose bind does not look at it.
func checkState(_ context.Context, a *attempt) (expected, received string, err error) {
	return "an entry that may sign in", a.c.state(a.entry, a.policy).off, nil
}

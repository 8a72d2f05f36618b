package ldap

import (
	"context"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// CheckPassword implements federation.PasswordChecker. It never takes longer than five seconds.
func (c *connector) CheckPassword(ctx context.Context, typed federation.Credentials) (*federation.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, c.c.operationTime())
	defer cancel()
	a := &attempt{c: c, name: typed.Username, password: typed.Password, known: typed.Known}
	if err := judge(ctx, a, rowsTyped()); err != nil {
		return nil, err
	}
	at, err := c.find(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := judge(ctx, a, rowsEntry()); err != nil {
		c.decoy(ctx, at)
		return nil, err
	}
	if err := c.try(ctx, a, at); err != nil {
		return nil, err
	}
	groups, err := c.groupsOf(ctx, a.entry)
	if err != nil {
		return nil, err
	}
	return c.identity(a.entry, groups), nil
}

// try binds, and judges what came of it. A try that told nothing is not counted, nor is one with the right password.
func (c *connector) try(ctx context.Context, a *attempt, at server) (err error) {
	if a.bind, err = c.bind(ctx, at, a.entry.DN, a.password); err != nil {
		c.wrong.give(a.key)
		return err
	}
	if a.bind.proved {
		c.wrong.clear(a.key)
	}
	return judge(ctx, a, rowsBind())
}

// find looks the name up, and says which server knew.
func (c *connector) find(ctx context.Context, a *attempt) (at server, err error) {
	err = c.pool.with(ctx, server{}, func(w *wire) error {
		at = w.at
		to, err := c.look(ctx, w, a.name)
		if err != nil || to.filter == "" {
			a.found = nil
			return err
		}
		if a.found, err = search(w, to, c.attributes()); err == nil && len(a.found) == 1 {
			a.policy = c.readPolicy(w)
		}
		return err
	})
	return at, err
}

// search returns at most two entries: more than one are too many. Referrals and references are left alone (RFC 4511 section 4.1.10).
func search(w *wire, to wanted, attributes []string) ([]*goldap.Entry, error) {
	found, err := w.Search(goldap.NewSearchRequest(to.base, goldap.ScopeWholeSubtree, goldap.NeverDerefAliases, 2, 0, false, to.filter, attributes, nil))
	if goldap.IsErrorWithCode(err, goldap.LDAPResultSizeLimitExceeded) && found != nil && len(found.Entries) > 1 {
		err = nil
	}
	if goldap.IsErrorAnyOf(err, goldap.LDAPResultReferral, goldap.LDAPResultNoSuchObject) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return found.Entries, nil
}

// Recheck implements federation.Rechecker.
func (c *connector) Recheck(ctx context.Context, key string, _ *federation.Tokens) (*federation.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, c.c.operationTime())
	defer cancel()
	filter := c.keyFilter(key)
	if filter == "" {
		return nil, gone()
	}
	a := &attempt{c: c}
	err := c.pool.with(ctx, server{}, func(w *wire) (err error) {
		if a.found, err = search(w, wanted{c.c.BaseDN, "(&" + c.c.UserFilter + filter + ")"}, c.attributes()); err == nil && len(a.found) == 1 {
			a.policy = c.readPolicy(w)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(a.found) != 1 || c.keyOf(a.found[0]) != key {
		return nil, gone()
	}
	if off := c.state(a.found[0], a.policy).off; off != "" {
		return nil, &federation.Refusal{Check: "ldap_recheck.state", Expected: "an entry that may sign in", Received: off, Reason: "state", Person: true}
	}
	groups, err := c.groupsOf(ctx, a.found[0])
	if err != nil {
		return nil, err
	}
	return c.identity(a.found[0], groups), nil
}

// gone is no word about one person: a base or a filter that is wrong finds nobody. The sync, which asks before it ends many, ends whom it does not find.
func gone() error {
	return &federation.Refusal{Check: "ldap_recheck.entry", Expected: "the entry", Received: "none", Reason: "gone"}
}

// ChangesPasswords implements federation.PasswordChanger.
func (c *connector) ChangesPasswords() bool { return c.c.PasswordChange }

// ChangePassword implements federation.PasswordChanger: who knows the old password replaces it, as themselves, so that history, age and quality count. In
// Active Directory that is a delete and an add of unicodePwd in one request (MS-ADTS section 3.1.1.3.1.5), which our account sends: theirs cannot bind with a
// password that has to be changed. Elsewhere it is RFC 3062, as the person.
func (c *connector) ChangePassword(ctx context.Context, typed federation.Credentials, next string) error {
	ctx, cancel := context.WithTimeout(ctx, c.c.operationTime())
	defer cancel()
	if !c.c.PasswordChange {
		return errs.New(errs.Forbidden, "Passwords of this directory are changed there.")
	}
	old := typed.Password
	a := &attempt{c: c, name: typed.Username, password: old, known: typed.Known}
	if err := judge(ctx, a, rowsTyped()); err != nil {
		return err
	}
	if err := judge(ctx, &attempt{c: c, name: typed.Username, password: next}, rowsTyped()); err != nil {
		return refusedPassword()
	}
	at, err := c.find(ctx, a)
	if err != nil {
		return err
	}
	if err := judge(ctx, a, rowsEntry()); err != nil {
		c.decoy(ctx, at)
		return err
	}
	if a.bind, err = c.bind(ctx, at, a.entry.DN, old); err != nil {
		c.wrong.give(a.key)
		return err
	}
	if err := judge(ctx, a, rowsBind()[:1]); err != nil {
		return err
	}
	c.wrong.clear(a.key)
	if a.bind.off != "" && a.bind.off != offMustChange {
		return judge(ctx, a, rowsBind())
	}
	return c.replace(ctx, at, a.entry.DN, old, next)
}

func (c *connector) replace(ctx context.Context, at server, dn, old, next string) error {
	var err error
	if c.ad() {
		err = c.unicodePwd(ctx, at, dn, old, next)
	} else {
		err = c.modify(ctx, at, dn, old, next)
	}
	if goldap.IsErrorAnyOf(err, goldap.LDAPResultConstraintViolation, goldap.LDAPResultUnwillingToPerform, goldap.LDAPResultInsufficientAccessRights, goldap.LDAPResultInvalidAttributeSyntax) {
		return refusedPassword()
	}
	return said(err)
}

func refusedPassword() error {
	return &federation.Refusal{Check: "ldap_change.policy", Expected: "a password that the directory takes", Received: "another", Reason: federation.ReasonPolicy, Person: true}
}

func (c *connector) unicodePwd(ctx context.Context, at server, dn, old, next string) error {
	m := goldap.NewModifyRequest(dn, nil)
	m.Delete("unicodePwd", []string{quoted(old)})
	m.Add("unicodePwd", []string{quoted(next)})
	w, err := c.dialBound(ctx, at)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	defer w.guard(ctx)()
	return w.Modify(m)
}

func (c *connector) modify(ctx context.Context, at server, dn, old, next string) error {
	w, err := c.dial(ctx, at)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	defer w.guard(ctx)()
	if err := w.Bind(dn, old); err != nil {
		return away(err)
	}
	_, err = w.PasswordModify(goldap.NewPasswordModifyRequest("", old, next))
	return err
}

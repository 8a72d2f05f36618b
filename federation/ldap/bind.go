package ldap

import (
	"context"
	"errors"
	"regexp"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// outcome is what a bind showed.
type outcome struct {
	proved bool   // the password is the entry's
	off    string // why it does not count all the same
}

// subCode is what Active Directory adds to result 49: "… AcceptSecurityContext error, data 52e, v2580".
var subCode = regexp.MustCompile(`\bdata ([0-9a-fA-F]{1,8})\b`)

// proofs are the sub-codes that come only with the right password. The others (52e wrong, 525 nobody, 775 locked) look alike.
func proofs(code string) string {
	switch strings.ToLower(code) {
	case "773", "532":
		return offMustChange
	case "533":
		return offDisabled
	case "701":
		return offExpired
	case "530":
		return "hours"
	case "531":
		return "workstation"
	}
	return ""
}

// bind tries the password, once, on a connection of its own, at the server that was searched or another that answers. Once it was sent there is no second server:
// an error then says that nothing is known.
func (c *connector) bind(ctx context.Context, prefer server, dn, password string) (outcome, error) {
	select {
	case c.binds <- struct{}{}:
		defer func() { <-c.binds }()
	case <-ctx.Done():
		return outcome{}, away(ctx.Err())
	}
	w, err := c.dial(ctx, prefer)
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = w.Close() }()
	release := w.guard(ctx)
	defer release()
	var controls []goldap.Control
	if !c.ad() {
		controls = append(controls, goldap.NewControlBeheraPasswordPolicy())
	}
	result, err := w.SimpleBind(goldap.NewSimpleBindRequest(dn, password, controls))
	return c.judgeBind(result, err)
}

func (c *connector) judgeBind(result *goldap.SimpleBindResult, err error) (outcome, error) {
	var no *goldap.Error
	switch {
	case err == nil:
		return outcome{proved: true, off: behera(result)}, nil
	case !errors.As(err, &no):
		return outcome{}, away(err)
	}
	switch no.ResultCode {
	case goldap.LDAPResultInvalidCredentials:
		if off := behera(result); off != "" && off != offLocked {
			return outcome{proved: true, off: off}, nil
		}
		if c.ad() {
			return c.activeDirectoryBind(no), nil
		}
		return outcome{}, nil
	case goldap.LDAPResultReferral, goldap.LDAPResultConstraintViolation, goldap.LDAPResultNoSuchObject, goldap.LDAPResultInvalidDNSyntax,
		goldap.LDAPResultInappropriateAuthentication, goldap.LDAPResultInsufficientAccessRights, goldap.LDAPResultUnwillingToPerform:
		return outcome{}, nil // referrals are not followed: a password would go to whoever is named there
	}
	return outcome{}, away(err)
}

func (c *connector) activeDirectoryBind(no *goldap.Error) outcome {
	if no.Err == nil {
		return outcome{}
	}
	found := subCode.FindStringSubmatch(no.Err.Error())
	if found == nil {
		return outcome{}
	}
	off := proofs(found[1])
	return outcome{proved: off != "", off: off}
}

func behera(result *goldap.SimpleBindResult) string {
	if result == nil {
		return ""
	}
	control, ok := goldap.FindControl(result.Controls, goldap.ControlTypeBeheraPasswordPolicy).(*goldap.ControlBeheraPasswordPolicy)
	if !ok {
		return ""
	}
	switch control.Error {
	case beheraExpired, beheraMustChange:
		return offMustChange
	case beheraLocked:
		return offLocked
	}
	return ""
}

// decoy is the bind of a name that is nobody's: as long as somebody's, with a password that nobody typed.
func (c *connector) decoy(ctx context.Context, prefer server) {
	_, _ = c.bind(ctx, prefer, "cn="+random()+","+c.c.BaseDN, random())
}

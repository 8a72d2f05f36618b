package ldap

import (
	"context"
	"slices"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
)

// FindPrincipal implements federation.PrincipalFinder. In Active Directory a principal is a sAMAccountName, or the name before the realm in a userPrincipalName;
// elsewhere the connector's first login attribute has it, or the one that the operator named.
func (c *connector) FindPrincipal(ctx context.Context, p federation.Principal) (*federation.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, c.c.operationTime())
	defer cancel()
	a := &attempt{c: c, name: p.Value(), principal: &p, bind: outcome{proved: true}}
	if err := judge(ctx, a, rowsTyped()[:1]); err != nil {
		return nil, err
	}
	err := c.pool.with(ctx, server{}, func(w *wire) (err error) {
		to := wanted{c.c.BaseDN, "(&" + c.c.UserFilter + c.principalFilter(p) + ")"}
		if a.found, err = search(w, to, c.principalAttributes(p)); err == nil && len(a.found) == 1 {
			a.policy = c.readPolicy(w)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := judge(ctx, a, rowsPrincipal()); err != nil {
		return nil, err
	}
	groups, err := c.groupsOf(ctx, a.entry)
	if err != nil {
		return nil, err
	}
	return c.identity(a.entry, groups), nil
}

// held are the attributes that may have a principal, with what they have then.
func (c *connector) held(p federation.Principal) [][2]string {
	switch {
	case p.Attribute != "":
		return [][2]string{{p.Attribute, p.Value()}}
	case c.ad():
		return [][2]string{{"sAMAccountName", p.Name}, {"userPrincipalName", p.String()}}
	}
	return [][2]string{{c.c.LoginAttributes[0], p.Name}}
}

func (c *connector) principalFilter(p federation.Principal) string {
	var any strings.Builder
	for _, h := range c.held(p) {
		any.WriteString("(" + h[0] + "=" + goldap.EscapeFilter(h[1]) + ")")
	}
	return "(|" + any.String() + ")"
}

func (c *connector) principalAttributes(p federation.Principal) []string {
	out := c.attributes()
	for _, h := range c.held(p) {
		out = append(out, h[0])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// checkHeld compares once more: directories find names that are not quite the same, and to a KDC they may be two people. Active Directory's own KDC has no case.
func checkHeld(_ context.Context, a *attempt) (expected, received string, err error) {
	same := func(x, y string) bool { return x == y }
	if a.c.ad() {
		same = strings.EqualFold
	}
	for _, h := range a.c.held(*a.principal) {
		if slices.ContainsFunc(texts(a.entry, h[0]), func(v string) bool { return same(v, h[1]) }) {
			return "the principal's own name", "", nil
		}
	}
	return "the principal's own name", "one like it", nil
}

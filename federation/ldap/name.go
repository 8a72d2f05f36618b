package ldap

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"
)

// typed is what somebody typed.
type typed struct {
	c        *connector
	name     string
	password string
}

// wanted is where an entry is looked for, and by what filter.
type wanted struct {
	base   string
	filter string
}

const maxName = 256

// look turns a name into a search. Whatever stands in it is a value: it goes through EscapeFilter (RFC 4515 section 3), and into its place alone.
func (c *connector) look(ctx context.Context, w *wire, name string) (wanted, error) {
	base := c.c.BaseDN
	if domain, account, ok := strings.Cut(name, `\`); ok && c.ad() {
		nc, err := c.netbios(ctx, w, domain)
		if err != nil || nc == "" {
			return wanted{}, err
		}
		return wanted{nc, "(&" + c.c.UserFilter + "(sAMAccountName=" + goldap.EscapeFilter(account) + "))"}, nil
	}
	var any strings.Builder
	for _, a := range c.c.LoginAttributes {
		any.WriteString("(" + a + "=" + goldap.EscapeFilter(name) + ")")
	}
	if account, domain, ok := strings.Cut(name, "@"); ok && c.ad() && strings.EqualFold(domain, dnsName(base)) {
		any.WriteString("(sAMAccountName=" + goldap.EscapeFilter(account) + ")") // the implicit UPN (MS-ADTS section 5.1.1.1.1)
	}
	return wanted{base, "(&" + c.c.UserFilter + "(|" + any.String() + "))"}, nil
}

// dnsName is the domain of a naming context: dc=corp,dc=example is corp.example.
func dnsName(dn string) string {
	parsed, err := goldap.ParseDN(dn)
	if err != nil {
		return ""
	}
	var parts []string
	for _, rdn := range parsed.RDNs {
		if len(rdn.Attributes) == 1 && strings.EqualFold(rdn.Attributes[0].Type, "dc") {
			parts = append(parts, rdn.Attributes[0].Value)
		}
	}
	return strings.Join(parts, ".")
}

// netbios finds the naming context of a domain's short name (MS-ADTS section 6.1.1.2.1.1); "" for one that is not ours. The search then stays within base_dn.
func (c *connector) netbios(_ context.Context, w *wire, domain string) (string, error) {
	root, err := w.Search(goldap.NewSearchRequest("", goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"configurationNamingContext"}, nil))
	if err != nil {
		return "", err
	}
	if len(root.Entries) != 1 {
		return "", nil
	}
	at := "CN=Partitions," + root.Entries[0].GetEqualFoldAttributeValue("configurationNamingContext")
	found, err := w.Search(goldap.NewSearchRequest(at, goldap.ScopeSingleLevel, goldap.NeverDerefAliases, 2, 0, false,
		"(&(objectClass=crossRef)(nETBIOSName="+goldap.EscapeFilter(domain)+"))", []string{"nCName"}, nil))
	if err != nil || len(found.Entries) != 1 {
		return "", err
	}
	nc := found.Entries[0].GetEqualFoldAttributeValue("nCName")
	switch {
	case under(c.c.BaseDN, nc):
		return c.c.BaseDN, nil
	case under(nc, c.c.BaseDN):
		return nc, nil
	}
	return "", nil
}

// under says that dn is base or below it.
func under(dn, base string) bool {
	d, errD := goldap.ParseDN(dn)
	b, errB := goldap.ParseDN(base)
	return errD == nil && errB == nil && (len(b.RDNs) == 0 || b.EqualFold(d) || b.AncestorOfFold(d))
}

// line says that a name is one line of text.
func line(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

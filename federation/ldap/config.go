package ldap

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Config is a connector's config. A preset fills in what it leaves out.
type Config struct {
	Preset        string   `json:"preset,omitempty"`         // ad, openldap or rfc2307; empty: openldap
	Servers       []string `json:"servers,omitempty"`        // ldaps://host[:port], or ldap://host[:port] with starttls; in order
	Domain        string   `json:"domain,omitempty"`         // instead of servers: found by its SRV records
	GlobalCatalog bool     `json:"global_catalog,omitempty"` // with domain: the forest's global catalogue
	StartTLS      bool     `json:"starttls,omitempty"`
	CA            string   `json:"ca,omitempty"`          // certificates (PEM) that alone are trusted; empty: the system's
	ServerName    string   `json:"server_name,omitempty"` // that the certificates have; empty: the server's own

	BindDN       string `json:"bind_dn,omitempty"`
	BindPassword string `json:"bind_password,omitempty"` // kept sealed

	BaseDN          string            `json:"base_dn"`
	UserFilter      string            `json:"user_filter,omitempty"`      // which entries are people
	LoginAttributes []string          `json:"login_attributes,omitempty"` // any of which may be typed
	KeyAttribute    string            `json:"key_attribute,omitempty"`    // objectGUID, entryUUID, nsUniqueId or ipaUniqueID
	Attributes      map[string]string `json:"attributes,omitempty"`       // our claim to their attribute
	Extra           []string          `json:"extra_attributes,omitempty"` // that mapping rules read besides
	TrustEmail      bool              `json:"trust_email,omitempty"`      // nobody can write a foreign address into their own entry
	EmailDomains    []string          `json:"email_domains,omitempty"`    // and only of these domains; empty: all

	Groups *Groups `json:"groups,omitempty"` // nil: none are read

	PageSize         int  `json:"page_size,omitempty"`         // 0: 500, at most 1000
	Connections      int  `json:"connections,omitempty"`       // for searches; 0: 4, at most 32
	ConnectSeconds   int  `json:"connect_seconds,omitempty"`   // 0: 2, at most 5
	OperationSeconds int  `json:"operation_seconds,omitempty"` // for a whole sign-in; 0: 5, which is the most
	MaxWrong         int  `json:"max_wrong,omitempty"`         // wrong passwords of one entry that are passed on in wrong_minutes; 0: 4
	WrongMinutes     int  `json:"wrong_minutes,omitempty"`     // 0: 30
	PasswordChange   bool `json:"password_change,omitempty"`   // who must change their password may do so here

	Sync Sync `json:"sync,omitzero"`
}

// Groups says how somebody's groups are found.
type Groups struct {
	Mode      string `json:"mode"`                // member, memberof or in_chain
	BaseDN    string `json:"base_dn,omitempty"`   // empty: that of people
	Filter    string `json:"filter,omitempty"`    // which entries are groups
	Attribute string `json:"attribute,omitempty"` // of a group that names it here; empty: cn
	Nested    bool   `json:"nested,omitempty"`    // groups in groups count; in_chain always does
	Primary   bool   `json:"primary,omitempty"`   // Active Directory's primary group, which is nobody's member value
}

// Sync says how the directory is kept in view.
type Sync struct {
	Off       bool `json:"off,omitempty"`
	Seconds   int  `json:"seconds,omitempty"`    // between two runs; 0: 30
	FullHours int  `json:"full_hours,omitempty"` // between two full ones; 0: 24
}

// Ways of finding groups.
const (
	modeMember   = "member"
	modeMemberOf = "memberof"
	modeInChain  = "in_chain"
)

const (
	presetAD       = "ad"
	presetOpenLDAP = "openldap"
	presetRFC2307  = "rfc2307"
)

const maxSeconds = 5

func parseConfig(raw json.RawMessage, secrets map[string]string) (Config, *x509.CertPool, error) {
	var c Config
	if err := federation.Strict(raw, &c); err != nil {
		return c, nil, errs.Wrap(errs.Invalid, "config: "+strings.TrimPrefix(err.Error(), "json: "), err)
	}
	if s := secrets["bind_password"]; s != "" {
		c.BindPassword = s
	}
	if err := c.preset(); err != nil {
		return c, nil, err
	}
	pool, err := c.roots()
	if err != nil {
		return c, nil, err
	}
	return c, pool, c.validate()
}

func (c *Config) roots() (*x509.CertPool, error) {
	if c.CA == "" {
		return nil, nil //nolint:nilnil // what crypto/tls takes for "the system's"
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(c.CA)) {
		return nil, errs.New(errs.Invalid, "ca holds no certificate in PEM.")
	}
	return pool, nil
}

// attributeShape is an attribute's name (RFC 4512 section 1.4, without options).
var attributeShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)

func (c *Config) validate() error {
	for _, check := range []func() error{c.validServers, c.validBind, c.validNames, c.validFilters, c.validGroups, c.validNumbers} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) validServers() error {
	if (len(c.Servers) == 0) == (c.Domain == "") {
		return errs.New(errs.Invalid, "A directory has servers, or a domain by which they are found.")
	}
	if len(c.Servers) > 16 {
		return errs.New(errs.Invalid, "There are at most 16 servers.")
	}
	if c.Domain != "" && !hostShape.MatchString(c.Domain) {
		return errs.New(errs.Invalid, "domain is a DNS name.")
	}
	for _, s := range c.Servers {
		at, err := parseServer(s)
		if err != nil {
			return err
		}
		if !at.tls && !c.StartTLS {
			return errs.New(errs.Invalid, "ldap:// goes with starttls: nothing is said without TLS. Or use ldaps://.")
		}
	}
	return nil
}

func (c *Config) validBind() error {
	if (c.BindDN == "") != (c.BindPassword == "") {
		return errs.New(errs.Invalid, "bind_dn and bind_password go together.")
	}
	if c.BaseDN == "" && !c.GlobalCatalog {
		return errs.New(errs.Invalid, "base_dn is missing.")
	}
	if _, err := goldap.ParseDN(c.BaseDN); err != nil {
		return errs.Wrap(errs.Invalid, "base_dn is no distinguished name.", err)
	}
	return nil
}

func (c *Config) validNames() error {
	if !slices.Contains([]string{"objectGUID", "entryUUID", "nsUniqueId", "ipaUniqueID"}, c.KeyAttribute) {
		return errs.New(errs.Invalid, "key_attribute is objectGUID, entryUUID, nsUniqueId or ipaUniqueID: what is never given to somebody else.")
	}
	names := slices.Concat(c.LoginAttributes, c.Extra)
	for claim, a := range c.Attributes {
		if claim == "email_verified" || claim == "sub" || claim == "groups" {
			return errs.New(errs.Invalid, "attributes: "+claim+" is not an attribute's to say.")
		}
		names = append(names, a)
	}
	for _, a := range names {
		if !attributeShape.MatchString(a) {
			return errs.New(errs.Invalid, fmt.Sprintf("%q is no attribute's name.", a))
		}
	}
	if len(c.LoginAttributes) == 0 || len(c.LoginAttributes) > 8 {
		return errs.New(errs.Invalid, "There are 1 to 8 login_attributes.")
	}
	return nil
}

func (c *Config) validFilters() error {
	filters := map[string]string{"user_filter": c.UserFilter}
	if c.Groups != nil {
		filters["groups.filter"] = c.Groups.Filter
	}
	for name, f := range filters {
		if _, err := goldap.CompileFilter(f); err != nil {
			return errs.Wrap(errs.Invalid, name+" is no LDAP filter such as (objectClass=person).", err)
		}
	}
	return nil
}

func (c *Config) validGroups() error {
	g := c.Groups
	if g == nil {
		return nil
	}
	if !slices.Contains([]string{modeMember, modeMemberOf, modeInChain}, g.Mode) {
		return errs.New(errs.Invalid, "groups.mode is member, memberof or in_chain.")
	}
	if c.Preset != presetAD && (g.Mode == modeInChain || g.Primary) {
		return errs.New(errs.Invalid, "groups: in_chain and primary are Active Directory's.")
	}
	if _, err := goldap.ParseDN(g.BaseDN); err != nil {
		return errs.Wrap(errs.Invalid, "groups.base_dn is no distinguished name.", err)
	}
	if !attributeShape.MatchString(g.Attribute) {
		return errs.New(errs.Invalid, "groups.attribute is an attribute's name.")
	}
	return nil
}

func (c *Config) validNumbers() error {
	for _, n := range []struct {
		name        string
		value       int
		least, most int
	}{
		{"page_size", c.PageSize, 10, 1000}, {"connections", c.Connections, 1, 32}, {"connect_seconds", c.ConnectSeconds, 1, maxSeconds},
		{"operation_seconds", c.OperationSeconds, 1, maxSeconds}, {"max_wrong", c.MaxWrong, 1, 100}, {"wrong_minutes", c.WrongMinutes, 1, 24 * 60},
		{"sync.seconds", c.Sync.Seconds, 10, 24 * 3600}, {"sync.full_hours", c.Sync.FullHours, 1, 24 * 31},
	} {
		if n.value < n.least || n.value > n.most {
			return errs.New(errs.Invalid, fmt.Sprintf("%s is %d to %d.", n.name, n.least, n.most))
		}
	}
	return nil
}

func (c *Config) connectTime() time.Duration { return time.Duration(c.ConnectSeconds) * time.Second }
func (c *Config) operationTime() time.Duration {
	return time.Duration(c.OperationSeconds) * time.Second
}

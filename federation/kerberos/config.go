package kerberos

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Config is a connector's config.
type Config struct {
	Principal string   `json:"principal"`              // of this service: HTTP/host@REALM
	Keytab    string   `json:"keytab,omitempty"`       // base64; kept sealed
	Realms    []Realm  `json:"realms"`                 // whose people may sign in
	Networks  []string `json:"networks,omitempty"`     // CIDR: in which browsers are asked; empty: nowhere
	Agents    []string `json:"agents,omitempty"`       // and only those whose User-Agent has one of these in it; empty: all there
	Skew      int      `json:"skew_seconds,omitempty"` // between the realm's clocks and ours; 0: 120
}

// Realm is where people come from, and who says who they are.
type Realm struct {
	Realm     string `json:"realm"`
	Directory string `json:"directory,omitempty"` // name of the LDAP connector that knows its principals; empty: the principal itself is who they are
	Attribute string `json:"attribute,omitempty"` // of the directory that has the principal; empty: the directory's own
	Full      bool   `json:"full,omitempty"`      // its values are name@REALM
	Transited bool   `json:"transited,omitempty"` // its tickets may have come through other realms that the KDC has not checked
}

const (
	defaultSkew = 120
	leastSkew   = 60
	mostSkew    = 300
	maxRealms   = 32
	maxPlaces   = 200
)

var (
	// realmShape is a realm in the style of domains (RFC 4120 section 6.1).
	realmShape     = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$`)
	attributeShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
)

func parseConfig(raw json.RawMessage, secrets map[string]string) (Config, error) {
	var c Config
	if err := federation.Strict(raw, &c); err != nil {
		return c, errs.Wrap(errs.Invalid, "config: "+strings.TrimPrefix(err.Error(), "json: "), err)
	}
	if s := secrets[secretName]; s != "" {
		c.Keytab = s
	}
	if c.Skew == 0 {
		c.Skew = defaultSkew
	}
	for _, check := range []func() error{c.validService, c.validRealms, c.validDirectories, c.validWhere} {
		if err := check(); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *Config) validService() error {
	if _, err := parseService(c.Principal); err != nil {
		return err
	}
	if c.Keytab == "" {
		return errs.New(errs.Invalid, "keytab is missing: the file with the service's keys, in base64.")
	}
	if c.Skew < leastSkew || c.Skew > mostSkew {
		return errs.New(errs.Invalid, fmt.Sprintf("skew_seconds is %d to %d.", leastSkew, mostSkew))
	}
	return nil
}

func (c *Config) validRealms() error {
	if len(c.Realms) == 0 || len(c.Realms) > maxRealms {
		return errs.New(errs.Invalid, fmt.Sprintf("There are 1 to %d realms whose people may sign in.", maxRealms))
	}
	seen := map[string]bool{}
	for _, r := range c.Realms {
		switch {
		case !realmShape.MatchString(r.Realm):
			return errs.New(errs.Invalid, "realms: a realm is a name such as CORP.EXAMPLE.")
		case seen[r.Realm]:
			return errs.New(errs.Invalid, "realms: "+r.Realm+" stands twice.")
		case r.Directory != "" && federation.ValidName(r.Directory) != nil:
			return errs.New(errs.Invalid, "realms: directory is the name of an LDAP connector.")
		case r.Attribute != "" && !attributeShape.MatchString(r.Attribute):
			return errs.New(errs.Invalid, "realms: attribute is an attribute's name.")
		case r.Directory == "" && (r.Attribute != "" || r.Full):
			return errs.New(errs.Invalid, "realms: attribute and full go with a directory.")
		case r.Full && r.Attribute == "":
			return errs.New(errs.Invalid, "realms: full goes with an attribute.")
		}
		seen[r.Realm] = true
	}
	return nil
}

// validDirectories keeps alice of one realm from being alice of another.
func (c *Config) validDirectories() error {
	seen := map[string]bool{}
	for _, r := range c.Realms {
		if r.Directory == "" || r.Full {
			continue
		}
		if seen[r.Directory] {
			return errs.New(errs.Invalid, "realms: two of them share "+r.Directory+" by names alone: give them an attribute with name@REALM, and full.")
		}
		seen[r.Directory] = true
	}
	return nil
}

func (c *Config) validWhere() error {
	if len(c.Networks) > maxPlaces || len(c.Agents) > maxPlaces {
		return errs.New(errs.Invalid, fmt.Sprintf("There are at most %d networks and %d agents.", maxPlaces, maxPlaces))
	}
	for _, n := range c.Networks {
		if p, err := netip.ParsePrefix(n); err != nil || p.Masked() != p || p.Addr().Is4In6() {
			return errs.New(errs.Invalid, "networks has networks such as 10.1.0.0/16.")
		}
	}
	if slices.ContainsFunc(c.Agents, func(a string) bool { return a == "" || len(a) > 256 || strings.ContainsFunc(a, unicode.IsControl) }) {
		return errs.New(errs.Invalid, "agents has parts of User-Agent headers.")
	}
	return nil
}

// service is a principal of ours.
type service struct {
	name  []string // HTTP and the host
	realm string
}

// parseService reads HTTP/host@REALM.
func parseService(s string) (service, error) {
	name, realm, ok := strings.Cut(s, "@")
	parts := strings.Split(name, "/")
	if !ok || len(parts) != 2 || !strings.EqualFold(parts[0], "HTTP") || !hostShape.MatchString(parts[1]) || !realmShape.MatchString(realm) {
		return service{}, errs.New(errs.Invalid, "principal is HTTP/host@REALM, with the host that stands in the issuer.")
	}
	return service{parts, realm}, nil
}

var hostShape = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$`)

// is says that a name is this service's. Hosts have no case, and Windows spells them as they were typed.
func (s service) is(name []string, realm string) bool {
	return realm == s.realm && len(name) == len(s.name) && strings.EqualFold(name[0], s.name[0]) && strings.EqualFold(name[1], s.name[1])
}

// realm finds where somebody comes from; nil: from nowhere that counts.
func (c *Config) realm(name string) *Realm {
	i := slices.IndexFunc(c.Realms, func(r Realm) bool { return r.Realm == name })
	if i < 0 {
		return nil
	}
	return &c.Realms[i]
}

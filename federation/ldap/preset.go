package ldap

import "github.com/jedan-auth/jedan-auth/internal/errs"

// preset fills in what the config leaves out.
func (c *Config) preset() error {
	switch c.Preset {
	case presetAD:
		c.activeDirectory()
	case "", presetOpenLDAP:
		c.Preset = presetOpenLDAP
		c.posix("(|(objectClass=inetOrgPerson)(objectClass=organizationalPerson))")
	case presetRFC2307:
		c.posix("(objectClass=posixAccount)")
	default:
		return errs.New(errs.Invalid, "preset is ad, openldap or rfc2307.")
	}
	c.numbers()
	return nil
}

func (c *Config) activeDirectory() {
	or(&c.UserFilter, "(&(objectCategory=person)(objectClass=user))")
	or(&c.KeyAttribute, "objectGUID")
	if len(c.LoginAttributes) == 0 {
		c.LoginAttributes = []string{"userPrincipalName", "sAMAccountName", "mail"}
	}
	if c.Attributes == nil {
		c.Attributes = map[string]string{
			"name": "displayName", "given_name": "givenName", "family_name": "sn", "email": "mail", "preferred_username": "sAMAccountName",
		}
	}
	c.groups("(objectClass=group)")
}

func (c *Config) posix(people string) {
	or(&c.UserFilter, people)
	or(&c.KeyAttribute, "entryUUID")
	if len(c.LoginAttributes) == 0 {
		c.LoginAttributes = []string{"uid", "mail"}
	}
	if c.Attributes == nil {
		c.Attributes = map[string]string{"name": "cn", "given_name": "givenName", "family_name": "sn", "email": "mail", "preferred_username": "uid"}
	}
	c.groups("(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))")
}

func (c *Config) groups(filter string) {
	if c.Groups == nil {
		return
	}
	or(&c.Groups.Filter, filter)
	or(&c.Groups.Attribute, "cn")
	or(&c.Groups.BaseDN, c.BaseDN)
}

func (c *Config) numbers() {
	for to, value := range map[*int]int{
		&c.PageSize: 500, &c.Connections: 4, &c.ConnectSeconds: 2, &c.OperationSeconds: maxSeconds, &c.MaxWrong: 4, &c.WrongMinutes: 30, &c.Sync.Seconds: 30,
		&c.Sync.FullHours: 24,
	} {
		if *to == 0 {
			*to = value
		}
	}
}

func or(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

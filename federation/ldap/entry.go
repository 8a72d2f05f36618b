package ldap

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
)

// Bounds of what is taken over of an entry.
const (
	maxValues = 256
	maxValue  = 4096
)

// attributes are those that a sign-in reads.
func (c *connector) attributes() []string {
	out := slices.Concat([]string{c.c.KeyAttribute}, c.c.LoginAttributes, c.c.Extra, c.stateAttributes())
	for _, a := range c.c.Attributes {
		out = append(out, a)
	}
	if c.c.Groups != nil {
		out = append(out, c.groupAttributes()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// keyOf names the entry for good; "" for one that cannot be. A GUID's first three parts are little-endian (MS-DTYP section 2.3.4).
func (c *connector) keyOf(e *goldap.Entry) string {
	values := e.GetEqualFoldRawAttributeValues(c.c.KeyAttribute)
	if len(values) != 1 {
		return ""
	}
	v := values[0]
	if c.c.KeyAttribute == "objectGUID" {
		if len(v) != 16 {
			return ""
		}
		return fmt.Sprintf("objectGUID:%02x%02x%02x%02x-%02x%02x-%02x%02x-%x-%x", v[3], v[2], v[1], v[0], v[5], v[4], v[7], v[6], v[8:10], v[10:])
	}
	text := strings.ToLower(string(v))
	if text == "" || len(text) > 128 || !utf8.ValidString(text) {
		return ""
	}
	return c.c.KeyAttribute + ":" + text
}

// keyFilter finds the entry of a key; "" for a key of another kind.
func (c *connector) keyFilter(key string) string {
	value, ok := strings.CutPrefix(key, c.c.KeyAttribute+":")
	if !ok {
		return ""
	}
	if c.c.KeyAttribute != "objectGUID" {
		return "(" + c.c.KeyAttribute + "=" + goldap.EscapeFilter(value) + ")"
	}
	var v [16]byte
	n, err := fmt.Sscanf(value, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		&v[3], &v[2], &v[1], &v[0], &v[5], &v[4], &v[7], &v[6], &v[8], &v[9], &v[10], &v[11], &v[12], &v[13], &v[14], &v[15])
	if err != nil || n != 16 {
		return ""
	}
	return "(objectGUID=" + binaryFilter(v[:]) + ")"
}

// binaryFilter escapes every byte (RFC 4515 section 3).
func binaryFilter(v []byte) string {
	var b strings.Builder
	for _, one := range v {
		fmt.Fprintf(&b, "\\%02x", one)
	}
	return b.String()
}

// texts are an attribute's values that can be taken over.
func texts(e *goldap.Entry, attribute string) []string {
	var out []string
	for _, v := range e.GetEqualFoldAttributeValues(attribute) {
		if len(out) == maxValues {
			break
		}
		if v != "" && len(v) <= maxValue && utf8.ValidString(v) && !strings.Contains(v, "\x00") {
			out = append(out, v)
		}
	}
	return out
}

func text(e *goldap.Entry, attribute string) string {
	if all := texts(e, attribute); len(all) > 0 {
		return all[0]
	}
	return ""
}

// identity is the entry as the broker wants it.
func (c *connector) identity(e *goldap.Entry, groups []string) *federation.Identity {
	key := c.keyOf(e)
	id := &federation.Identity{Key: key, Subject: key, Claims: map[string]any{}, Profile: map[string]any{}, Groups: groups, AMR: []string{"pwd"}, At: c.d.Now()}
	for _, a := range e.Attributes {
		if all := texts(e, a.Name); len(all) > 0 && !strings.EqualFold(a.Name, c.c.KeyAttribute) && !strings.EqualFold(a.Name, "objectSid") {
			id.Claims[a.Name] = list(all)
		}
	}
	for claim, value := range c.profile(e) {
		id.Profile[claim] = value
	}
	id.Profile["email_verified"] = c.trusted(text(e, c.c.Attributes["email"]))
	return id
}

// profile is the entry in our claims.
func (c *connector) profile(e *goldap.Entry) map[string]string {
	out := map[string]string{}
	for claim, a := range c.c.Attributes {
		if value := text(e, a); value != "" {
			out[claim] = value
		}
	}
	return out
}

// trusted says that the directory's word for the address counts.
func (c *connector) trusted(address string) bool {
	at := strings.LastIndexByte(address, '@')
	if !c.c.TrustEmail || at < 1 {
		return false
	}
	return len(c.c.EmailDomains) == 0 || slices.ContainsFunc(c.c.EmailDomains, func(d string) bool { return strings.EqualFold(d, address[at+1:]) })
}

func list(all []string) []any {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = v
	}
	return out
}

package ldap

import (
	"crypto/sha256"
	"slices"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// mark stands for a DN, a uid or a SID: 16 bytes whatever the length. Nobody finds two names with one mark.
type mark [16]byte

func markOf(kind, text string) mark {
	sum := sha256.Sum256([]byte(kind + "\x00" + text))
	return mark(sum[:16])
}

func markDN(dn string) mark { return markOf("dn", folded(dn)) }

// add makes the mark of a set out of those of its parts, in whatever order they come.
func (m mark) add(o mark) mark {
	carry := uint16(0)
	for i := range m {
		carry += uint16(m[i]) + uint16(o[i])
		m[i] = byte(carry) //nolint:gosec // the rest is carried
		carry >>= 8
	}
	return m
}

// folded is a DN as all spellings of it are written (RFC 4517 section 4.2.15, with values compared by caseIgnoreMatch). Servers that were told "CN=a, OU=b" give
// that back.
func folded(dn string) string {
	if !strings.ContainsAny(dn, `\"#+;`) && !strings.Contains(dn, "  ") && !strings.Contains(dn, ", ") && !strings.Contains(dn, " ,") && !strings.Contains(dn, "= ") &&
		!strings.Contains(dn, " =") && strings.TrimSpace(dn) == dn {
		return strings.ToLower(dn)
	}
	parsed, err := goldap.ParseDN(dn)
	if err != nil {
		return strings.ToLower(dn)
	}
	names := make([]string, len(parsed.RDNs))
	for i, rdn := range parsed.RDNs {
		parts := make([]string, len(rdn.Attributes))
		for j, a := range rdn.Attributes {
			value := strings.Join(strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' }), " ")
			parts[j] = strings.ToLower(strings.TrimSpace(a.Type) + "=" + escapes().Replace(value))
		}
		slices.Sort(parts)
		names[i] = strings.Join(parts, "+")
	}
	return strings.Join(names, ",")
}

// escapes keeps values and what stands between them apart.
func escapes() *strings.Replacer { return strings.NewReplacer(`\`, `\\`, ",", `\,`, "+", `\+`) }

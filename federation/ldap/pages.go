package ldap

import (
	"strconv"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// pages searches a page at a time (RFC 2696), so that no answer is larger than one. A server that cuts its answer short is an error: what is missing is not gone.
func pages(w *wire, to wanted, attributes []string, size int, more []goldap.Control, each func(found []*goldap.Entry) error) error {
	paging := goldap.NewControlPaging(uint32(size)) //nolint:gosec // at most 1000
	for {
		r := goldap.NewSearchRequest(to.base, goldap.ScopeWholeSubtree, goldap.NeverDerefAliases, 0, 0, false, to.filter, attributes, append([]goldap.Control{paging}, more...))
		found, err := w.Search(r)
		if err != nil {
			return err
		}
		if err := each(found.Entries); err != nil {
			return err
		}
		next, ok := goldap.FindControl(found.Controls, goldap.ControlTypePaging).(*goldap.ControlPaging)
		if !ok || len(next.Cookie) == 0 {
			return nil
		}
		paging.SetCookie(next.Cookie)
	}
}

// maxRanges bounds how often a long attribute is asked for.
const maxRanges = 1000

// values reads all values of an attribute that a server gives out in parts, as member;range=0-1499 (MS-ADTS section 3.1.1.3.1.3.3).
func values(w *wire, e *goldap.Entry, attribute string) ([]string, error) {
	out, next, last := ranged(e, attribute)
	for n := 0; !last; n++ {
		if n == maxRanges {
			return nil, errs.New(errs.Unavailable, "An attribute of the directory has no end.")
		}
		name := attribute + ";range=" + strconv.Itoa(next) + "-*"
		found, err := w.Search(goldap.NewSearchRequest(e.DN, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{name}, nil))
		if err != nil {
			return nil, err
		}
		if len(found.Entries) != 1 {
			return out, nil
		}
		part, after, end := ranged(found.Entries[0], attribute)
		if len(part) == 0 || !end && after <= next {
			return out, nil
		}
		out, next, last = append(out, part...), after, end
	}
	return out, nil
}

// ranged returns the values that an entry shows, and where the next part begins unless it was the last.
func ranged(e *goldap.Entry, attribute string) (all []string, next int, last bool) {
	for _, a := range e.Attributes {
		name, option, cut := strings.Cut(a.Name, ";")
		if !strings.EqualFold(name, attribute) || len(a.Values) == 0 {
			continue
		}
		from, to, ok := strings.Cut(strings.TrimPrefix(strings.ToLower(option), "range="), "-")
		if !cut || !ok {
			return a.Values, 0, true
		}
		end, err := strconv.Atoi(to)
		if _, bad := strconv.Atoi(from); bad != nil || err != nil || to == "*" {
			return a.Values, 0, true
		}
		return a.Values, end + 1, false
	}
	return nil, 0, true
}

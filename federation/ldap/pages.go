package ldap

import (
	"context"
	"errors"
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

// streamed is pages with the entries one by one: a group may be as large as a page of people. each must not search on w.
func streamed(ctx context.Context, w *wire, to wanted, attributes []string, size int, each func(e *goldap.Entry) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()                                  // who stops early leaves nobody waiting
	paging := goldap.NewControlPaging(uint32(size)) //nolint:gosec // at most 1000
	for {
		r := goldap.NewSearchRequest(to.base, goldap.ScopeWholeSubtree, goldap.NeverDerefAliases, 0, 0, false, to.filter, attributes, []goldap.Control{paging})
		cookie, err := onePage(ctx, w, r, each)
		if err != nil || len(cookie) == 0 {
			return err
		}
		paging.SetCookie(cookie)
	}
}

func onePage(ctx context.Context, w *wire, r *goldap.SearchRequest, each func(e *goldap.Entry) error) (cookie []byte, err error) {
	found := w.SearchAsync(ctx, r, 0)
	for found.Next() {
		if next, ok := goldap.FindControl(found.Controls(), goldap.ControlTypePaging).(*goldap.ControlPaging); ok {
			cookie = next.Cookie
		}
		if e := found.Entry(); e != nil {
			if err := each(e); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case found.Err() != nil:
		return nil, found.Err()
	case ctx.Err() != nil:
		return nil, away(ctx.Err())
	case w.IsClosing(): // go-ldap ends without a word then
		return nil, away(errors.New("the connection was cut"))
	}
	return cookie, nil
}

// maxRanges bounds how often a long attribute is asked for.
const maxRanges = 1000

// values reads all values of an attribute that a server gives out in parts, as member;range=0-1499 (MS-ADTS section 3.1.1.3.1.3.3).
func values(w *wire, e *goldap.Entry, attribute string) ([]string, error) {
	out, next, last := ranged(e, attribute)
	if last {
		return out, nil
	}
	err := rest(w, e.DN, attribute, next, func(part []string) error {
		out = append(out, part...)
		return nil
	})
	return out, err
}

// rest reads the parts of an attribute from the value at next on.
func rest(w *wire, dn, attribute string, next int, each func(part []string) error) error {
	for range maxRanges {
		name := attribute + ";range=" + strconv.Itoa(next) + "-*"
		found, err := w.Search(goldap.NewSearchRequest(dn, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{name}, nil))
		if err != nil || len(found.Entries) != 1 {
			return err
		}
		part, after, last := ranged(found.Entries[0], attribute)
		if len(part) == 0 || !last && after <= next {
			return nil
		}
		if err := each(part); err != nil || last {
			return err
		}
		next = after
	}
	return errs.New(errs.Unavailable, "An attribute of the directory has no end.")
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

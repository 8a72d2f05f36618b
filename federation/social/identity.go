package social

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/federation"
)

// at finds the value of a path; nil where there is none.
func at(said map[string]any, path string) any {
	var v any = said
	for name := range strings.SplitSeq(path, ".") {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// whole is how an id that is a number is written: nobody else's number has the same text.
var whole = regexp.MustCompile(`^[1-9][0-9]{0,30}$`)

// plainText is a value as one line; "" for what is none.
func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		if whole.MatchString(v.String()) {
			return v.String()
		}
	}
	return ""
}

func (t *attempt) id() string {
	if t.c.c.template.numeric {
		n, _ := at(t.said, t.c.c.ID).(json.Number)
		return plainText(n)
	}
	return plainText(at(t.said, t.c.c.ID))
}

// realm is where an id is somebody's: the service that was asked.
func (t *attempt) realm() string {
	u, err := url.Parse(t.c.c.Userinfo)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (t *attempt) key() string { return t.realm() + "\n" + t.id() }

// identity is what the service said, as the broker wants it.
func (t *attempt) identity() *federation.Identity {
	id := &federation.Identity{Key: t.key(), Subject: t.id(), Claims: t.said, Profile: map[string]any{}, Groups: t.groups}
	for claim, path := range t.c.c.Claims {
		if s := plainText(at(t.said, path)); s != "" && claim != "email" && claim != "email_verified" && claim != "sub" {
			id.Profile[claim] = s
		}
	}
	if t.email != "" {
		id.Profile["email"] = t.email
	}
	id.Profile["email_verified"] = t.trusted()
	id.Tokens = &federation.Tokens{Access: t.tokens.Access, Refresh: t.tokens.Refresh, Scope: t.tokens.Scope, ExpiresAt: t.expiry()}
	return id
}

// trusted says that the service's word for the address counts, and that the address is of a domain that the operator named, if any.
func (t *attempt) trusted() bool {
	i := strings.LastIndexByte(t.email, '@')
	if i < 1 || !t.verified || !t.c.c.template.answers && !t.c.c.TrustEmail {
		return false
	}
	domains := t.c.c.EmailDomains
	return len(domains) == 0 || slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(d, t.email[i+1:]) })
}

// texts reads a list of texts.
func texts(v any) []string {
	all, _ := v.([]any)
	var out []string
	for _, one := range all {
		if s := plainText(one); s != "" {
			out = append(out, s)
		}
	}
	return out
}

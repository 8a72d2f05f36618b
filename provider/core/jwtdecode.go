package core

import (
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// readOwn reads claims in the one form that appendClaims writes, which is nearly every token that is presented; false for any other, also for what it
// merely does not know: that is read the general way. It accepts nothing that the general way would read differently (FuzzReadOwn).
func readOwn(raw []byte) (*AccessToken, bool) {
	s := scanner{s: string(raw)}
	a := &AccessToken{}
	a.Issuer = s.text(`{"iss":`)
	a.Subject = s.text(`,"sub":`)
	a.Audience = s.texts(`,"aud":`)
	a.ExpiresAt = s.date(`,"exp":`)
	a.IssuedAt = s.date(`,"iat":`)
	a.ID = s.id(`,"jti":`)
	a.ClientID = s.text(`,"client_id":`)
	a.Scopes = []string{}
	if s.at(`,"scope":`) {
		a.Scopes = strings.Fields(s.text(`,"scope":`))
	}
	if s.at(`,"cnf":`) {
		a.Cnf = s.cnf(`,"cnf":`)
	}
	if s.at(`,"auth_time":`) {
		a.AuthTime = s.date(`,"auth_time":`)
		a.ACR = s.text(`,"acr":`)
	}
	if s.at(`,"amr":[`) {
		a.AMR = s.texts(`,"amr":`)
	}
	if s.at(`,"gid":`) {
		a.Grant = s.id(`,"gid":`)
	}
	if s.at(`,"sid":`) {
		a.Session = s.id(`,"sid":`)
	}
	s.skip(`}`)
	return a, !s.other && s.s == "" && !a.ID.IsZero() && a.Subject != "" && a.ClientID != ""
}

// scanner takes known text from the front of s. other says that something else came; nothing that was returned then counts.
type scanner struct {
	s     string
	other bool
}

func (s *scanner) at(text string) bool { return strings.HasPrefix(s.s, text) }

func (s *scanner) skip(text string) {
	rest, found := strings.CutPrefix(s.s, text)
	s.s, s.other = rest, s.other || !found
}

// text reads a name and a string of printable ASCII without escapes.
func (s *scanner) text(name string) string {
	s.skip(name)
	s.skip(`"`)
	end := strings.IndexByte(s.s, '"')
	if s.other || end < 0 {
		s.other = true
		return ""
	}
	out := s.s[:end]
	s.s = s.s[end+1:]
	for i := range len(out) {
		if c := out[i]; c < ' ' || c > '~' || c == '\\' {
			s.other = true
		}
	}
	return out
}

// texts reads a name and one string, or an array of some.
func (s *scanner) texts(name string) []string {
	s.skip(name)
	if !s.at(`[`) {
		return []string{s.text("")}
	}
	s.skip(`[`)
	out := []string{s.text("")}
	for !s.other && s.at(`,`) {
		out = append(out, s.text(`,`))
	}
	s.skip(`]`)
	return out
}

// date reads a name and a whole number of seconds of at most eleven digits.
func (s *scanner) date(name string) time.Time {
	s.skip(name)
	n, digits := int64(0), 0
	for ; digits < len(s.s) && digits < 12 && s.s[digits] >= '0' && s.s[digits] <= '9'; digits++ {
		n = n*10 + int64(s.s[digits]-'0')
	}
	if s.other || digits == 0 || digits > 11 || s.s[0] == '0' {
		s.other = true
		return time.Time{}
	}
	s.s = s.s[digits:]
	return time.Unix(n, 0).UTC()
}

// cnf reads a name and the keys that AppendCnf writes.
func (s *scanner) cnf(name string) (b Binding) {
	s.skip(name)
	sep := `{`
	if s.at(`{"jkt":`) {
		b.JKT, sep = s.text(`{"jkt":`), `,`
	}
	if s.at(sep + `"x5t#S256":`) {
		b.X5T = s.text(sep + `"x5t#S256":`)
	}
	s.skip(`}`)
	s.other = s.other || b.IsZero() || !known(b.JKT) || !known(b.X5T)
	return b
}

func known(thumbprint string) bool { return thumbprint == "" || IsThumbprint(thumbprint) }

// id reads a name and an id.
func (s *scanner) id(name string) storage.ID {
	id, err := storage.ParseID(s.text(name))
	s.other = s.other || err != nil
	return id
}

package ldaptest

import (
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"
)

func (x *session) bind(id int64, op *ber.Packet) bool {
	dn, _ := op.Children[1].Value.(string)
	password := string(op.Children[2].Data.Bytes())
	x.s.hear(Heard{Op: "bind", DN: dn, Password: password, Secure: x.secure})
	o := x.s.options()
	if dn != Service && o.CutBinds {
		return false
	}
	if dn != Service && o.BindReferral != "" {
		return x.send(id, result(goldap.ApplicationBindResponse, goldap.LDAPResultReferral, "", o.BindReferral))
	}
	code, text := x.s.judge(dn, password)
	if x.bound = ""; code == 0 {
		x.bound = dn
	}
	return x.send(id, result(goldap.ApplicationBindResponse, code, text, ""))
}

// judge is the verdict on a bind. Without a password it succeeds, whoever is named, as old servers have it (RFC 4513 section 5.1.2).
func (s *Server) judge(dn, password string) (code int64, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if password == "" {
		return 0, ""
	}
	e := s.find(dn)
	if !s.AD || dn == Service {
		if e == nil || !slices.Contains(e.Attrs["userPassword"], password) {
			return goldap.LDAPResultInvalidCredentials, ""
		}
		return 0, ""
	}
	sub := s.sub(e, password)
	if sub == "" {
		return 0, ""
	}
	return goldap.LDAPResultInvalidCredentials, fmt.Sprintf("80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data %s, v1db1\x00", sub)
}

// sub is Active Directory's sub-code; "" for a bind that succeeds. Whether an account is locked is said whatever the password, the rest only with the right one.
func (s *Server) sub(e *Entry, password string) string {
	if e == nil {
		return "525"
	}
	if s.locked(e) {
		return "775"
	}
	if !slices.Contains(e.Attrs["userPassword"], password) {
		s.wrong(e)
		return "52e"
	}
	e.Attrs["badPwdCount"] = []string{"0"}
	control := first(e, "userAccountControl")
	expires := first(e, "accountExpires")
	switch {
	case len(e.Attrs["subCode"]) > 0:
		return e.Attrs["subCode"][0]
	case control&2 != 0:
		return "533"
	case expires > 0 && expires < 1<<62 && Filetime(s.now()) > expires:
		return "701"
	case slices.Equal(e.Attrs["pwdLastSet"], []string{"0"}):
		return "773"
	}
	return ""
}

func (s *Server) locked(e *Entry) bool {
	at := first(e, "lockoutTime")
	return at > 0 && (s.Window == 0 || Filetime(s.now()) < at+int64(s.Window/100))
}

func (s *Server) wrong(e *Entry) {
	n := first(e, "badPwdCount") + 1
	e.Attrs["badPwdCount"] = []string{number(n)}
	e.Attrs["badPasswordTime"] = []string{number(Filetime(s.now()))}
	if s.Threshold > 0 && n >= int64(s.Threshold) {
		e.Attrs["lockoutTime"] = []string{number(Filetime(s.now()))}
		s.stamp(e)
	}
}

func first(e *Entry, attribute string) int64 {
	if len(e.Attrs[attribute]) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(e.Attrs[attribute][0], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Filetime is a time as Active Directory keeps it.
func Filetime(t time.Time) int64 { return (t.Unix()+11644473600)*1e7 + int64(t.Nanosecond()/100) }

// modify changes unicodePwd by a delete and an add in one request, and nothing else.
func (x *session) modify(id int64, op *ber.Packet) bool {
	dn, _ := op.Children[0].Value.(string)
	x.s.hear(Heard{Op: "modify", DN: dn, Secure: x.secure})
	var old, next string
	for _, change := range op.Children[1].Children {
		kind, _ := change.Children[0].Value.(int64)
		values := change.Children[1].Children[1].Children
		if len(values) != 1 {
			return false
		}
		if text := unquoted(values[0].Data.Bytes()); kind == 1 {
			old = text
		} else {
			next = text
		}
	}
	return x.send(id, result(goldap.ApplicationModifyResponse, x.s.replace(dn, old, next, true), "", ""))
}

func (s *Server) replace(dn, old, next string, ad bool) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(dn)
	if e == nil || s.AD != ad || !slices.Contains(e.Attrs["userPassword"], old) || len(next) < 8 || slices.Contains(e.Attrs["history"], next) || old == next {
		return goldap.LDAPResultConstraintViolation
	}
	e.Attrs["history"] = append(e.Attrs["history"], old)
	e.Attrs["userPassword"] = []string{next}
	e.Attrs["pwdLastSet"] = []string{number(Filetime(s.now()))}
	s.stamp(e)
	return 0
}

func unquoted(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	text := string(utf16.Decode(units))
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return ""
	}
	return text[1 : len(text)-1]
}

// passwordModify is RFC 3062, of whoever is bound.
func (x *session) passwordModify(id int64, op *ber.Packet) bool {
	x.s.hear(Heard{Op: "password", DN: x.bound, Secure: x.secure})
	var old, next string
	if len(op.Children) > 1 {
		if in, err := ber.DecodePacketErr(op.Children[1].Data.Bytes()); err == nil {
			for _, one := range in.Children {
				switch one.Tag {
				case 1:
					old = string(one.Data.Bytes())
				case 2:
					next = string(one.Data.Bytes())
				}
			}
		}
	}
	return x.send(id, result(goldap.ApplicationExtendedResponse, x.s.replace(x.bound, old, next, false), "", ""))
}

package core

import (
	"encoding/json"
	"strconv"
	"time"
)

// The hot claims are appended by hand: it costs a tenth of encoding/json. Every string goes through appendString, which escapes.

func appendClaims(b []byte, t *AccessToken) []byte {
	b = append(b, `{"iss":`...)
	b = appendString(b, t.Issuer)
	b = append(b, `,"sub":`...)
	b = appendString(b, t.Subject)
	b = append(b, `,"aud":`...)
	b = AppendAudience(b, t.Audience)
	b = appendInt(b, `,"exp":`, t.ExpiresAt)
	b = appendInt(b, `,"iat":`, t.IssuedAt)
	b = append(b, `,"jti":"`...)
	b = append(b, t.ID.String()...)
	b = append(b, `","client_id":`...)
	b = appendString(b, t.ClientID)
	if len(t.Scopes) > 0 {
		b = append(b, `,"scope":`...)
		b = appendString(b, t.Scope())
	}
	if !t.Cnf.IsZero() {
		b = t.Cnf.AppendCnf(append(b, `,"cnf":`...))
	}
	return append(appendRare(appendPerson(b, t), t), '}')
}

// appendRare adds what few tokens have. xch and agid are ours: see AccessToken.
func appendRare(b []byte, t *AccessToken) []byte {
	if t.Details != "" {
		b = append(append(b, `,"authorization_details":`...), t.Details...)
	}
	if t.Act != "" {
		b = append(append(b, `,"act":`...), t.Act...)
	}
	if !t.ActGrant.IsZero() {
		b = append(append(append(b, `,"agid":"`...), t.ActGrant.String()...), '"')
	}
	if t.Exchanged {
		b = append(b, `,"xch":true`...)
	}
	return b
}

// appendPerson adds what only a person's token has: RFC 9068 section 2.2.1, and the grant and session that denials name.
func appendPerson(b []byte, t *AccessToken) []byte {
	if t.Grant.IsZero() {
		return b
	}
	if !t.AuthTime.IsZero() { // unknown of people whom another issuer vouches for
		b = appendInt(b, `,"auth_time":`, t.AuthTime)
		b = append(b, `,"acr":`...)
		b = appendString(b, t.ACR)
	}
	if len(t.AMR) > 0 {
		b = appendStrings(append(b, `,"amr":`...), t.AMR)
	}
	b = append(b, `,"gid":"`...)
	b = append(b, t.Grant.String()...)
	b = append(b, '"')
	if !t.Session.IsZero() {
		b = append(b, `,"sid":"`...)
		b = append(b, t.Session.String()...)
		b = append(b, '"')
	}
	return b
}

// AppendAudience writes one audience as a string and several as an array (RFC 7519 section 4.1.3).
func AppendAudience(b []byte, aud []string) []byte {
	if len(aud) == 1 {
		return appendString(b, aud[0])
	}
	return appendStrings(b, aud)
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, a := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, a)
	}
	return append(b, ']')
}

func appendInt(b []byte, name string, t time.Time) []byte {
	return strconv.AppendInt(append(b, name...), t.Unix(), 10)
}

// AppendString writes s as a JSON string.
func AppendString(b []byte, s string) []byte { return appendString(b, s) }

func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			enc, _ := json.Marshal(s) // a string always encodes
			return append(b, enc...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendDecimal(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

package telemetry

import (
	"log/slog"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// sensitiveKey reports whether an attribute's name says that its value is a
// secret or a person's data. A counter (…_count) or an id of a thing is not.
func sensitiveKey(key string) bool {
	k := strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	switch k {
	case "authorization", "cookie", "set_cookie", "dpop", "assertion", "flow", "nonce", "code_verifier", "otp",
		"email", "phone", "phone_number", "identifier", "username", "user_code", "auth_req_id", "request_uri", "dsn",
		"query", "login_hint":
		return true
	}
	for _, word := range []string{"password", "passwd", "secret", "token", "credential", "private_key", "master_key", "pepper"} {
		if strings.Contains(k, word) && !strings.HasSuffix(k, "_count") && !strings.HasSuffix(k, "_type") {
			return true
		}
	}
	return false
}

// scrubber finds secrets inside text by the shapes that surface.md and the RFCs
// give them.
type scrubber struct {
	ours, jwt, scheme, userinfo, param *regexp.Regexp
}

func newScrubber() *scrubber {
	return &scrubber{
		ours:     regexp.MustCompile(`\bjd[a-z]_[A-Za-z0-9_\-.~]{6,}`),
		jwt:      regexp.MustCompile(`\beyJ[A-Za-z0-9_\-]{6,}(\.[A-Za-z0-9_\-]*){1,4}`),
		scheme:   regexp.MustCompile(`(?i)\b(bearer|basic|dpop|negotiate)\s+[A-Za-z0-9+/_\-.~]{6,}=*`),
		userinfo: regexp.MustCompile(`(://)[^/\s@"']*@`),
		param: regexp.MustCompile(`(?i)\b(code|password|client_secret|access_token|refresh_token|id_token|code_verifier|assertion|` +
			`client_assertion|flow|token|state)=[^&\s"']+`),
	}
}

// text returns s without what looks like a secret.
func (s *scrubber) text(in string) string {
	out := in
	if strings.Contains(out, "jd") {
		out = s.ours.ReplaceAllString(out, redacted)
	}
	if strings.Contains(out, "eyJ") {
		out = s.jwt.ReplaceAllString(out, redacted)
	}
	if strings.Contains(out, "://") {
		out = s.userinfo.ReplaceAllString(out, "$1"+redacted+"@")
	}
	if strings.Contains(out, "=") {
		out = s.param.ReplaceAllString(out, "$1="+redacted)
	}
	if strings.Contains(out, " ") {
		out = s.scheme.ReplaceAllString(out, "$1 "+redacted)
	}
	return out
}

// attr is slog.HandlerOptions.ReplaceAttr.
func (s *scrubber) attr(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return a
	}
	if sensitiveKey(a.Key) {
		return slog.String(a.Key, redacted)
	}
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(s.text(v.String()))
	case slog.KindAny:
		a.Value = s.any(v.Any())
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64, slog.KindGroup, slog.KindLogValuer:
	}
	return a
}

package otp

import (
	"strings"
	"unicode/utf8"
)

// masked is what a person recognises an address by, and nobody else learns it from: m•••@example.org, •••• 89.
func masked(kind, to string) string {
	if kind == KindSMS {
		return "•••• " + to[max(0, len(to)-2):]
	}
	local, domain, found := strings.Cut(to, "@")
	if !found {
		return "•••"
	}
	_, n := utf8.DecodeRuneInString(local)
	return local[:n] + "•••@" + domain
}

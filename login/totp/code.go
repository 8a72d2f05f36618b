package totp

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's default, and the only one that every app knows; HMAC-SHA-1 is sound
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"
)

const (
	period = 30 // seconds a code lasts
	digits = 6
	window = 1 // steps to either side: clocks differ, and people type slowly
)

// code is the one-time password of a time step (RFC 6238 section 4, RFC 4226 section 5.3).
func code(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step))) //nolint:gosec // a hash never fails; steps are positive
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// stepAt is the time step of a moment, by the server's clock alone.
func stepAt(t time.Time) int64 { return t.Unix() / period }

// match finds the step whose code was typed, after the last one that was spent if there is a choice. All steps are compared, whichever matches.
func match(secret []byte, typed string, now time.Time, spent int64) (step int64, ok bool) {
	for s := stepAt(now) - window; s <= stepAt(now)+window; s++ {
		if subtle.ConstantTimeCompare([]byte(code(secret, s)), []byte(typed)) == 1 && (!ok || step <= spent) {
			step, ok = s, true
		}
	}
	return step, ok
}

// clean takes out the spaces that apps show and people copy. Anything but ASCII digits is no code: other scripts' digits would be other
// spellings of the same one.
func clean(typed string) (string, bool) {
	typed = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, typed)
	if len(typed) != digits || strings.ContainsFunc(typed, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", false
	}
	return typed, true
}

package totp

import (
	"strings"
	"testing"
	"time"
)

// RFC 6238 appendix B, of whose eight digits an app shows the last six.
func TestVectors(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := code(secret, stepAt(time.Unix(at, 0))); got != want[2:] {
			t.Errorf("at %d: %s, want %s", at, got, want[2:])
		}
	}
}

func TestMF03_Window(t *testing.T) {
	secret, now := []byte("12345678901234567890"), time.Unix(1_800_000_015, 0)
	for offset := int64(-3); offset <= 3; offset++ {
		step, ok := match(secret, code(secret, stepAt(now)+offset), now, 0)
		if want := offset >= -1 && offset <= 1; ok != want || ok && step != stepAt(now)+offset {
			t.Errorf("%+d: %v %d", offset, ok, step)
		}
	}
}

func TestSpellings(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456\n": "123456", "123\u00a0456": "123456", "12345": "", "1234567": "", "12345a": "", "": "", "-12345": "", "+12345": "",
		"\u0661\u0662\u0663\u0664\u0665\u0666": "", "１２３４５６": "", "123456\x00": "", "١2": "",
	} {
		if got, ok := clean(typed); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", typed, got, ok)
		}
	}
	if _, ok := clean(strings.Repeat("1", 1000)); ok {
		t.Error("a long one passes")
	}
}

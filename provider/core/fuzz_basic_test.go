package core

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

// FuzzBasic: credentials are read as they were written (RFC 6749 section 2.3.1), whole or not at all.
func FuzzBasic(f *testing.F) {
	for _, s := range []string{"app:secret", "a%3Ab:c%2Fd", "app", ":", "app:a:b", "a+b:c d", "%zz:x", "app:%00", "\xff:x", strings.Repeat("a", 5000)} {
		f.Add(base64.StdEncoding.EncodeToString([]byte(s)))
	}
	f.Add("YXBw=")
	f.Fuzz(func(t *testing.T, text string) {
		id, secret, ok := decodeBasic(text)
		if !ok {
			return
		}
		again, same, ok := decodeBasic(base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(secret))))
		if !ok || again != id || same != secret || strings.ContainsRune(id+secret, 0) {
			t.Errorf("%q is %q and %q", text, id, secret)
		}
	})
}

package modules

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// MF14: what does not parse is refused as such, whatever it is made of, and nothing breaks.
func TestMF14_PasskeyBodies(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	b := w.enrolled(auth)
	in, p := w.signKey(auth)
	w.in(p)
	cbor := func(raw string) func(a *testkit.Authenticator) {
		return func(a *testkit.Authenticator) {
			a.Answer = func(d map[string]any) { d["response"].(map[string]any)["attestationObject"] = encoded([]byte(raw)) }
		}
	}
	data := func(change func([]byte) []byte) func(a *testkit.Authenticator) {
		return func(a *testkit.Authenticator) { a.Data = change }
	}
	for name, lie := range map[string]func(a *testkit.Authenticator){
		"no CBOR":            cbor("\xff\xff"),
		"empty CBOR":         cbor(""),
		"a key twice":        cbor("\xa2\x63fmt\x64none\x63fmt\x64none"),
		"indefinite lengths": cbor("\xbf\x63fmt\x64none\xff"),
		"deep nesting":       cbor(strings.Repeat("\x81", 10_000) + "\x00"),
		"a tag":              cbor("\xc0\x60"),
		"promised gigabytes": cbor("\x5b\x00\x00\x00\x01\x00\x00\x00\x00"),
		"trailing bytes":     data(func(d []byte) []byte { return append(d, 0, 0, 0) }),
		"cut in the key":     data(func(d []byte) []byte { return d[:len(d)-9] }),
		"cut in the header":  data(func(d []byte) []byte { return d[:20] }),
		"a length that lies": data(func(d []byte) []byte { d[53], d[54] = 0xff, 0xff; return d }),
		"extensions missing": data(func(d []byte) []byte { d[32] |= 0x80; return d }),
	} {
		liar := *auth
		lie(&liar)
		w.row("enrolment.shape", func() {
			if p := w.addKey(in, &liar); p.Status != http.StatusForbidden {
				t.Errorf("%s: %d", name, p.Status)
			}
		})
	}
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "{", "an array": "[]", "null": "null", "a number": "1", "a key of no bytes": `{"id":"","rawId":"","type":"public-key"}`,
		"trailing": "{}{}", "deep": strings.Repeat("[", 20_000), "long": `{"id":"` + strings.Repeat("A", 49<<10) + `"}`, "binary": "\x01\x02",
		"client data of another kind": `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"W10","authenticatorData":"AAAA","signature":"","userHandle":""}}`,
	} {
		w.row("assertion.shape", func() {
			b := w.Browser()
			w.noKey(b.Post("/login/passkey", keyForm(b.Get("/login"), body)))
		})
		w.row("enrolment.shape", func() {
			if p := in.Get("/account/passkeys").Submit("credential", body); p.Status != http.StatusForbidden {
				t.Errorf("%s: %d", name, p.Status)
			}
		})
	}
	form := keyForm(b.Get("/login?step=back"), strings.Repeat("x", 10<<20))
	if a := b.Raw(http.MethodPost, "/login/passkey", form.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MB: %d", a.Status)
	}
	if len(w.keys(w.person)) != 1 {
		t.Error("something was registered")
	}
}

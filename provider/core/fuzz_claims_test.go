package core

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit/testjws"
)

// FuzzClaimsRequest: whatever claims parameter is sent, only claims that are for clients leave, only values that were asked for, and what is kept of the
// request asks for the same again.
func FuzzClaimsRequest(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `{"id_token":{"email":null,"acr":{"essential":true,"values":["1","2",3]},"sub":{"value":"s"}},"userinfo":{"name":{"essential":true},"sub":{"values":["s","t"]}}}`,
		`{"userinfo":{"email":{"value":"a@b.test"},"email_verified":{"value":true},"updated_at":{"values":[1,1795000000]},"password":null}}`, `{"id_token":[]}`, `{"id_token":{"acr":{"essential":true,"value":"1"}}}`,
		`{"id_token":{"acr":{"essential":"yes"}}}`, `{"id_token":{"\u0061cr":{"essential":true,"value":null}},"ID_TOKEN":{"name":null}}`, `null`, `{"verified_claims":{}}`, `{"userinfo":{"address":{"value":{"country":"HR"}}}}`,
	} {
		f.Add(s)
	}
	person := map[string]any{"email": "a@b.test", "email_verified": true, "name": "Maria", "password": "secret", "address": map[string]any{"country": "HR"}}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClaimsRequest(text)
		if err != nil {
			refusedAs(t, "invalid_request", err)
			return
		}
		if values, essential := c.ACRValues(); essential != (len(values) > 0) {
			t.Errorf("%q: %v %v", text, values, essential)
		}
		for _, asked := range []map[string]*ClaimRequest{c.IDToken, c.Userinfo} {
			for name, v := range (*Vocabulary)(nil).Pick(person, fuzzTime(), []string{"openid"}, asked) {
				if _, wanted := asked[name]; !wanted || !slices.Contains((*Vocabulary)(nil).Supported(), name) || name == "password" {
					t.Errorf("%q: %s = %v leaves", text, name, v)
				}
			}
		}
		kept, err := c.Keep(func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseClaimsRequest(kept)
		if err != nil || !slices.Equal(again.Subjects(), c.Subjects()) || len(again.IDToken) != len(c.IDToken) || len(again.Userinfo) != len(c.Userinfo) {
			t.Errorf("%q is kept as %q: %v", text, kept, err)
		}
	})
}

// FuzzKeySet: of a key set that somebody publishes only public, sound keys are used, and the client can be read with it.
func FuzzKeySet(f *testing.F) {
	key := strings.TrimSuffix(testjws.JWK(), "}")
	for _, s := range []string{
		testjws.JWKS(), `{"keys":[` + key + `,"use":"sig","kid":"a"},` + key + `,"use":"enc","kid":"b"}]}`, `{"keys":[` + key + `,"d":"AA"}]}`, `{"keys":[` + key + `,"kid":"a"},` + key + `,"kid":"a"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","alg":"ECDH-ES+A256KW"}]}`, `{"keys":[{"kty":"oct","k":"AA"}]}`,
		`{"keys":[` + key + `,"x5c":["AA"],"x5u":"https://evil.test","key_ops":["sign"]}]}`, `{"keys":[]}`, `{"keys":{}}`, `[]`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		set, err := ParseKeySet(raw)
		if err != nil {
			return
		}
		keys := append(slices.Clone(set.Signing.Keys), set.Encryption.Keys...)
		if len(keys) == 0 || len(keys) > 64 {
			t.Errorf("%q: %d keys", raw, len(keys))
		}
		for _, k := range keys {
			if !k.IsPublic() || !k.Valid() || len(k.Certificates) > 0 || k.CertificatesURL != nil {
				t.Errorf("%q: %+v is used", raw, k)
			}
		}
	})
}

// FuzzNarrowDetails: what a token request asks of the granted details is never more than was granted, and stays so when it is asked again.
func FuzzNarrowDetails(f *testing.F) {
	const granted = `[{"type":"a","actions":["read","write"],"locations":["https://api.test"]},{"type":"b","amount":{"value":1.50}}]`
	for _, s := range []string{``, granted, `[{"type":"a","actions":["read"],"locations":["https://api.test"]}]`, `[{"type":"b","amount":{"value":1.5}}]`, `[{"type":"a"}]`, `[{"type":"a","actions":["read","admin"],"locations":[]}]`, `[]`, `{}`, `[{"type":"b","amount":{"value":1.50},"x":1}]`} {
		f.Add(s, granted)
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, asked, given string) {
		got, err := NarrowDetails(asked, given, []string{"https://api.test"})
		if err != nil {
			refusedAs(t, "invalid_authorization_details", err)
			return
		}
		if got == "" {
			return
		}
		again, err := NarrowDetails(got, given, []string{"https://api.test"})
		if err != nil || again != got {
			t.Errorf("%q of %q is %q, and that is %q: %v", asked, given, got, again, err)
		}
		var all, some []map[string]any
		if json.Unmarshal([]byte(given), &all) != nil || json.Unmarshal([]byte(got), &some) != nil {
			t.Fatalf("%q of %q is %q", asked, given, got)
		}
		for _, d := range some {
			if !slices.ContainsFunc(all, func(g map[string]any) bool { return g["type"] == d["type"] && reflect.DeepEqual(names(g), names(d)) }) {
				t.Errorf("%q of %q is %q", asked, given, got)
			}
		}
	})
}

// names are the members of an object, sorted.
func names(m map[string]any) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

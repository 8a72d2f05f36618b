package directory

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func everyClaim() Claims {
	return Claims{
		"username": "maria", "name": "Maria Kovač", "given_name": "Maria", "family_name": "Kovač", "middle_name": "L", "nickname": "Mari", "name#ja-Kana-JP": "マリア",
		"preferred_username": "m.kovac", "profile": "https://example.org/maria", "picture": "https://example.org/maria.png", "website": "http://example.org",
		"email": "Maria@example.org", "email_verified": true, "gender": "female", "birthdate": "1990-02-28", "zoneinfo": "Europe/Zagreb", "locale": "hr_HR",
		"phone_number": "+385 (1) 234-5678;ext=99", "phone_number_verified": false,
		"address": map[string]any{"formatted": "Ilica 1\nZagreb", "street_address": "Ilica 1", "locality": "Zagreb", "region": "ZG", "postal_code": "10000", "country": "HR"},
	}
}

func TestEveryStandardClaim(t *testing.T) {
	got, err := everyClaim().Validate()
	if err != nil || !reflect.DeepEqual(got, everyClaim()) {
		t.Errorf("%v %v", got, err)
	}
	typed, err := Claims{"address": map[string]string{"formatted": "a\r\nb"}}.Validate()
	if err != nil || !reflect.DeepEqual(typed["address"], map[string]any{"formatted": "a\nb"}) {
		t.Errorf("%v %v", typed, err)
	}
}

func TestClaimsRefused(t *testing.T) {
	for _, name := range strings.Fields("iss sub aud exp iat nbf jti cnf acr amr act client_id azp nonce at_hash c_hash s_hash sid auth_time updated_at " +
		"roles groups tenant_id admin is_admin password_hash state email_hash name#!! name#" + strings.Repeat("a", 40) + " email#de username#de constructor __proto__ Email") {
		if _, err := (Claims{name: "x"}).Validate(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, values := range map[string][]any{
		"name":           {1, nil, true, "", "  ", strings.Repeat("x", 257), "a\x00b", "a\nb", "a\u202eb", "a\u2066b", "a\u2028b", "a\xffb", "a\ufffeb", "a\ue000b", []any{"x"}},
		"email":          {1, "x", ""},
		"email_verified": {"true", 1, nil},
		"picture":        {"javascript:alert(1)", "data:text/html,x", "//evil.test", "https:evil", "https://", "https://u:p@h.test/", "https://h.test/a b", "https://h.test\\@e.test", "ftp://h.test", 1, "https://h.test/" + strings.Repeat("a", 2048)},
		"birthdate":      {"1990-02-30", "1990-2-1", "28.02.1990", "90", "1990-02", 1990, ""},
		"zoneinfo":       {"../../etc/passwd", "Europe/", "/Europe", "Europe/Zagreb/x/y", "Europe Zagreb", "", 1},
		"locale":         {"", "../x", "x", "de-" + strings.Repeat("a", 40), 1},
		"phone_number":   {"385 1 234", "+", "+12", "+1234567x", "+1234567;ext=", "+1234567;ext=x", "+" + strings.Repeat("1", 40), 1, ""},
		"address":        {"Ilica 1", map[string]any{}, map[string]any{"planet": "x"}, map[string]any{"country": 1}, map[string]any{"country": "a\nb"}, map[string]any{"formatted": "a\x00b"}, nil},
		"username":       {"a@b.test", 1, ""},
		"gender":         {strings.Repeat("x", 65)},
	} {
		for _, value := range values {
			got, err := Claims{name: value}.Validate()
			if !errs.Is(err, errs.Invalid) || got != nil {
				t.Errorf("%s %.40v: %v", name, value, err)
			}
		}
	}
}

// AD17: what somebody sent comes back in no message.
func TestMessagesDoNotRepeatForeignNames(t *testing.T) {
	for _, name := range []string{"a\n{\"level\":\"x\"}", strings.Repeat("x", 65), "\xff", "a\u202eb"} {
		_, err := Claims{name: "x"}.Validate()
		if err == nil || strings.Contains(errs.MessageOf(err), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
	_, err := Claims{"email": "canary-value"}.Validate()
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func TestProfileHasALimit(t *testing.T) {
	big := Claims{}
	for _, tag := range []string{"de", "en", "fr", "it", "hr", "sl", "hu", "pl", "cs", "sk", "ro", "bg"} {
		big["address#"+tag] = map[string]any{"formatted": strings.Repeat("ü", 512), "street_address": strings.Repeat("ü", 512)}
	}
	if _, err := big.Validate(); !errs.Is(err, errs.TooLarge) {
		t.Errorf("%v", err)
	}
}

// FuzzValidate takes any JSON object, as the command line and the API do: what is accepted is accepted again, unchanged, and is small.
func FuzzValidate(f *testing.F) {
	raw, err := json.Marshal(everyClaim())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"sub":"x","address":{"formatted":1e400}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c Claims
		if json.Unmarshal(raw, &c) != nil {
			return
		}
		once, err := c.Validate()
		if err != nil {
			return
		}
		twice, err := once.Validate()
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Fatalf("%v then %v (%v)", once, twice, err)
		}
	})
}

// FuzzIdentifier: a canonical form is its own canonical form.
func FuzzIdentifier(f *testing.F) {
	f.Add("Maria.Kovač@BÜCHER.test")
	f.Add("ａｄｍｉｎ")
	f.Fuzz(func(t *testing.T, s string) {
		if once, err := CanonicalEmail(s); err == nil {
			if twice, err := CanonicalEmail(once); err != nil || twice != once {
				t.Fatalf("%q: %q then %q (%v)", s, once, twice, err)
			}
		}
		if once, err := CanonicalUsername(s); err == nil {
			if twice, err := CanonicalUsername(once); err != nil || twice != once || strings.Contains(once, "@") {
				t.Fatalf("%q: %q then %q (%v)", s, once, twice, err)
			}
		}
	})
}

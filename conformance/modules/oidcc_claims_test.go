package modules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// scope runs a scope module: every claim of the scope comes, of the right type, in UserInfo, or in the ID token where nothing else is given.
func scope(t *testing.T, scopes ...string) {
	t.Helper()
	all(t, func(t *testing.T, s *suite) {
		claims, access := s.tokens(s.login("scope", "openid "+strings.Join(scopes, " ")))
		has := claims
		if access != "" {
			has = s.ok(s.Userinfo(access)).JSON
			if has["sub"] != claims["sub"] {
				t.Errorf("sub %v", has["sub"])
			}
		}
		var want []string
		for _, name := range scopes {
			want = append(want, (*core.Vocabulary)(nil).Claims(name)...)
		}
		for _, name := range want {
			if wrong := claimType(name, has[name]); wrong != "" {
				t.Errorf("%s is %v: %s", name, has[name], wrong)
			}
			if access != "" && claims[name] != nil {
				t.Errorf("%s is in the ID token too", name)
			}
		}
		for name := range has {
			if !slices.Contains(want, name) && !slices.Contains(known(), name) {
				t.Errorf("%s was not asked for", name)
			}
		}
	})
}

// claimType says what is wrong with a standard claim's value (OpenID Connect Core section 5.1).
func claimType(name string, v any) string {
	switch name {
	case "email_verified", "phone_number_verified":
		if _, ok := v.(bool); !ok {
			return "no boolean"
		}
		return ""
	case "updated_at":
		at, ok := v.(float64)
		if !ok || at < 631152000 || at > float64(time.Now().Add(time.Minute).Unix()) {
			return "no time"
		}
		return ""
	case "address":
		o, ok := v.(map[string]any)
		if !ok || len(o) == 0 {
			return "no object"
		}
		for member, text := range o {
			if s, ok := text.(string); !ok || s == "" {
				return member + " is no text"
			}
		}
		return ""
	case "birthdate":
		if _, err := time.Parse(time.DateOnly, fmt.Sprint(v)); err != nil {
			return "no date"
		}
	}
	if s, ok := v.(string); !ok || s == "" || s == "null" {
		return "no text"
	}
	return ""
}

func TestOIDCC_ScopeProfile(t *testing.T) { scope(t, "profile") }
func TestOIDCC_ScopeEmail(t *testing.T)   { scope(t, "email") }
func TestOIDCC_ScopeAddress(t *testing.T) { scope(t, "address") }
func TestOIDCC_ScopePhone(t *testing.T)   { scope(t, "phone") }
func TestOIDCC_ScopeAll(t *testing.T)     { scope(t, "profile", "email", "address", "phone") }

func TestOIDCC_ClaimsEssential(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		member := "userinfo"
		if s.v.responseType == "id_token" {
			member = "id_token"
		}
		claims, access := s.tokens(s.login("claims", claimsOf(t, object{member: object{"name": object{"essential": true}}})))
		if access == "" {
			if claims["name"] != "Maria Example" {
				t.Errorf("ID token %v", claims)
			}
			return
		}
		if u := s.ok(s.Userinfo(access)); u.Text("name") != "Maria Example" || claims["name"] != nil || u.JSON["nickname"] != nil {
			t.Errorf("userinfo %s, ID token %v", u.Body, claims)
		}
	})
}

func TestOIDCC_EnsureRequestWithACRValuesSucceeds(t *testing.T) {
	w := open(t)
	published := members(w.Get("/.well-known/openid-configuration").JSON, "acr_values_supported")
	all(t, func(t *testing.T, s *suite) {
		for _, values := range [][]string{published, append(slices.Clone(published), "2", "phr", "phrh")} {
			claims, _ := s.tokens(s.login("acr_values", strings.Join(values, " ")))
			if acr, _ := claims["acr"].(string); !slices.Contains(published, acr) {
				t.Errorf("acr %q, published %v", acr, published)
			}
		}
	})
}

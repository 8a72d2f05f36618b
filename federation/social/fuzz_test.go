package social

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

func clock() time.Time { return time.Unix(1_760_000_000, 0) }

func fuzzed(t *testing.T) []*attempt {
	t.Helper()
	var out []*attempt
	for _, config := range []string{
		`{"template":"github","client_id":"c","client_secret":"s"}`, `{"template":"discord","client_id":"c","client_secret":"s"}`, `{"template":"facebook","client_id":"c","client_secret":"s"}`,
		`{"authorization_endpoint":"https://a.example/a","token_endpoint":"https://a.example/t","userinfo_endpoint":"https://a.example/u","client_id":"c","id":"a.b","trust_email":true}`,
	} {
		c, err := parseConfig(json.RawMessage(config), nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &attempt{c: &connector{c: c, now: clock}})
	}
	return out
}

// FuzzUser: whatever a service says of somebody, who passes has an id.
func FuzzUser(f *testing.F) {
	f.Add([]byte(`{"id":583231,"login":"octocat","email":null}`))
	f.Add([]byte(`{"id":"80351110250016790","verified":true}`))
	f.Add([]byte(`{"a":{"b":1e3},"id":-0}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		said, err := keys.DecodeClaims(raw)
		if err != nil {
			return
		}
		for _, a := range fuzzed(t) {
			a.said = said
			refusal := judge(t.Context(), a, rowsUser())
			id := a.identity()
			if refusal == nil && (id.Subject == "" || len(id.Subject) > 255 || !strings.HasPrefix(id.Key, "https://")) {
				t.Errorf("let pass: %q", raw)
			}
			if id.Profile["email_verified"] == true {
				t.Errorf("an address counts: %q", raw)
			}
		}
	})
}

// FuzzEmails: an address of GitHub's is one that is primary, verified and no made-up one.
func FuzzEmails(f *testing.F) {
	f.Add([]byte(`[{"email":"a@b.example","primary":true,"verified":true}]`))
	f.Add([]byte(`[{"email":"1+a@users.noreply.github.com","primary":true,"verified":true}]`))
	f.Add([]byte(`[{"email":7}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		address, err := githubAddress(raw)
		if err != nil && address != "" || address != "" && !strings.Contains(address, "@") || strings.HasSuffix(strings.ToLower(address), "@users.noreply.github.com") {
			t.Errorf("%q: %q %v", raw, address, err)
		}
	})
}

// FuzzTokens: whatever a token endpoint says is tokens, a refusal or trouble.
func FuzzTokens(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"a","token_type":"bearer","expires_in":10}`))
	f.Add(200, []byte(`{"error":"bad_verification_code"}`))
	f.Add(400, []byte(`{"error":{"code":100}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		answer := &fetch.Response{Status: status, Body: body}
		for _, a := range fuzzed(t) {
			_ = a.c.c.template.refused(answer)
			_ = a.c.c.template.denied(answer)
			var err error
			if a.tokens, err = readTokens(answer); err != nil {
				continue
			}
			if at := a.expiry(); !at.IsZero() && (at.Before(clock()) || at.After(clock().Add(367*24*time.Hour))) {
				t.Error(at)
			}
			if judge(t.Context(), a, rowsAnswer()) == nil && (a.tokens.Access == "" || strings.ContainsAny(a.tokens.Access, "\r\n")) {
				t.Errorf("%q", body)
			}
		}
	})
}

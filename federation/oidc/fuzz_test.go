package oidc

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

func clock() time.Time { return time.Unix(1_760_000_000, 0) }

// fuzzed is a sign-in at a provider of each template.
func fuzzed(t *testing.T) []*attempt {
	t.Helper()
	var out []*attempt
	for _, config := range []string{
		`{"issuer":"https://op.example","client_id":"c","trust_email":true,"groups_claim":"groups"}`,
		`{"template":"google","client_id":"c","hosted_domains":["acme.example"]}`,
		`{"template":"microsoft","client_id":"c","tenant":"common","tenants":["*"]}`,
		`{"template":"gitlab","client_id":"c"}`,
		`{"template":"slack","client_id":"c","client_secret":"s"}`,
		`{"template":"linkedin","client_id":"c","client_secret":"s"}`,
	} {
		c, err := parseConfig(json.RawMessage(config), nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &attempt{c: &connector{c: c, now: clock}, m: &metadata{}, kept: kept{Nonce: "n"}})
	}
	return out
}

// FuzzClaims: whatever a provider has signed, the rows say yes or no, and what they let pass is sound.
func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"iss":"https://op.example","aud":"c","sub":"s","exp":1760000100,"iat":1760000000,"nonce":"n","email":"a@b","email_verified":true,"groups":["x",1,null]}`))
	f.Add([]byte(`{"iss":"https://login.microsoftonline.com/11111111-aaaa-4aaa-8aaa-111111111111/v2.0","tid":"11111111-aaaa-4aaa-8aaa-111111111111","oid":7,"aud":["c"],"xms_edov":1}`))
	f.Add([]byte(`{"email":["a"],"hd":{},"amr":"pwd","auth_time":1e400,"events":"{}","https://slack.com/user_id":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		claims, err := keys.DecodeClaims(raw)
		if err != nil {
			return
		}
		for _, a := range fuzzed(t) {
			a.claims = claims
			a.c.c.template.normalise(a.claims)
			var rows []row
			for _, r := range append(rowsToken(), a.c.c.template.rows()...) {
				if r.Name != "oidc_id_token.signature" {
					rows = append(rows, r)
				}
			}
			refusal := judge(t.Context(), a, rows)
			id := a.identity()
			if refusal == nil && (id.Subject == "" || len(id.Subject) > 255 || !strings.Contains(id.Key, "\n")) {
				t.Errorf("let pass: %q", raw)
			}
			if id.Profile["email_verified"] == true && (claims["email_verified"] != true && claims["xms_edov"] != true || claims["email"] == nil) {
				t.Errorf("an address counts: %q", raw)
			}
		}
	})
}

// FuzzTokenAnswer: whatever a token endpoint says is tokens, a refusal, or trouble of its own.
func FuzzTokenAnswer(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"a","token_type":"Bearer","id_token":"x.y.z","expires_in":3600}`))
	f.Add(400, []byte(`{"error":"invalid_grant"}`))
	f.Add(200, []byte(`{"ok":false,"error":"invalid_code"}`))
	f.Add(200, []byte(`{"expires_in":"-1","access_token":null}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		for _, a := range fuzzed(t) {
			no, err := a.read(&fetch.Response{Status: status, Body: body})
			if no != "" && no != "invalid_grant" || no != "" && err == nil {
				t.Errorf("%d %q: %q %v", status, body, no, err)
			}
			if at := a.expiry(); !at.IsZero() && (at.Before(clock()) || at.After(clock().Add(367*24*time.Hour))) {
				t.Error(at)
			}
			if err == nil {
				_ = judge(t.Context(), a, rowsAnswer())
			}
		}
	})
}

// FuzzAppleUser: what a browser brings is a name on one line, or nothing.
func FuzzAppleUser(f *testing.F) {
	f.Add(`{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"a@b"}`)
	f.Add(`{"name":{"firstName":"A\u0000\n","lastName":7}}`)
	f.Add(`{"name":[]}`)
	f.Fuzz(func(t *testing.T, text string) {
		u, ok := readAppleUser(text)
		if !ok && u != (appleUser{}) || len(text) > maxAppleUser && ok {
			t.Errorf("%q: %v", text, u)
		}
		for _, name := range []string{u.First, u.Last} {
			if len(name) > 128 || strings.ContainsAny(name, "\x00\r\n") || strings.TrimSpace(name) != name {
				t.Errorf("%q", name)
			}
		}
	})
}

// FuzzEncrypted: nothing opens but what was encrypted to us.
func FuzzEncrypted(f *testing.F) {
	text, err := newKey(false)
	if err != nil {
		f.Fatal(err)
	}
	k, err := readKeys(map[string]string{secretDecrypt: text})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJrdHkiOiJFQyIsImNydiI6IlAtMjU2IiwieCI6IkFBIiwieSI6IkFBIn19..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("a.b.c.d.e")
	f.Fuzz(func(t *testing.T, token string) {
		if plain, ok := k.open(token); ok {
			t.Errorf("%q opens to %q", token, plain)
		}
	})
}

// FuzzNotice: a body of anybody's is judged before anything is asked of it.
func FuzzNotice(f *testing.F) {
	f.Add([]byte(`{"type":"consent-revoked","sub":"x"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, event []byte) {
		a := fuzzed(t)[0]
		a.claims = map[string]any{"events": string(event)}
		_, received, err := checkAppleEvent(t.Context(), a)
		if sub, _ := a.event["sub"].(string); err != nil || received == "" && (sub == "" || len(sub) > 255) {
			t.Errorf("%q: %q %v", event, received, err)
		}
	})
}

// FuzzRegistration: of what a provider answers to a registration only what was asked for makes a client.
func FuzzRegistration(f *testing.F) {
	f.Add(201, []byte(`{"client_id":"a","client_secret":"s","client_secret_expires_at":0}`))
	f.Add(400, []byte(`{"error":"invalid_redirect_uri"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := &connector{c: Config{AuthMethod: methodBasic}}
		got, err := c.enrolled(t.Context(), &fetch.Response{Status: status, Body: body})
		if err == nil && (got.ClientID == "" || len(got.ClientID) > 255 || got.Secret == "" || got.Expires != 0 || got.Method != "" && got.Method != methodBasic) {
			t.Errorf("%d %q: %+v", status, body, got)
		}
	})
}

package modules

import (
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

func TestDR05_SoftwareStatements(t *testing.T) {
	authority, stranger := newKey(t, "ES256"), newKey(t, "ES256")
	w := alone(t, anybody, func(c *app.Config) {
		c.Register.Statements = []register.StatementsConfig{{Issuer: "https://authority.test", JWKS: string(authority.jwks())}}
	})
	claims := func(changes object) object {
		m := object{"iss": "https://authority.test", "software_id": "4NRB1-0XZABZI9E6-5SM3R", "client_name": "Vouched for", "redirect_uris": []string{"https://vouched.test/cb"}}
		for name, v := range changes {
			m[name] = v
		}
		return m
	}
	send := func(statement any) object {
		a := w.send("POST", "/oauth2/register", "", registration(object{"software_statement": statement, "client_name": "Said by itself", "software_version": "2"}))
		a.JSON["status"] = a.Status
		return a.JSON
	}
	good := authority.sign("ES256", nil, claims(object{"jedan_first_party": true, "iat": w.Clock.Now().Unix(), "exp": w.Clock.Now().Add(time.Hour).Unix()}))
	a := send(good)
	if a["status"] != 201 || a["client_name"] != "Vouched for" || a["software_statement"] != good || a["software_version"] != "2" || a["software_id"] != "4NRB1-0XZABZI9E6-5SM3R" || a["iss"] != nil {
		t.Fatalf("answer %v", a)
	}
	row, err := w.App.DB.ClientByClientID(t.Context(), w.App.Tenant, a["client_id"].(string))
	w.must(err)
	if row.Metadata.Unvetted || row.Metadata.FirstParty || row.Metadata.RedirectURIs[0] != "https://vouched.test/cb" {
		t.Errorf("metadata %+v", row.Metadata)
	}
	w.row("registration.statement", func() {
		for name, bad := range map[string]any{
			"unsigned": unsigned(t, object{"alg": "none"}, claims(nil)), "another's key": stranger.sign("ES256", nil, claims(nil)), "no JWT": "x", "an object": object{"a": 1}, "a number": 1, "empty": "",
			"expired": authority.sign("ES256", nil, claims(object{"exp": w.Clock.Now().Unix() - 1})), "not yet": authority.sign("ES256", nil, claims(object{"nbf": w.Clock.Now().Unix() + 100})),
			"exp is text": authority.sign("ES256", nil, claims(object{"exp": "never"})), "exp is null": authority.sign("ES256", nil, claims(object{"exp": nil})),
			"symmetric": symmetric(t, "HS256", authority.jwks(), object{"alg": "HS256"}, claims(nil)), "changed": strings.Replace(good, ".", ".e", 1), "key in the header": authority.sign("ES256", object{"jwk": object{}}, claims(nil)),
			"20 KB": authority.sign("ES256", nil, claims(object{"x": strings.Repeat("x", 20<<10)})),
		} {
			if a := send(bad); a["status"] != 400 || a["error"] != "invalid_software_statement" {
				t.Errorf("%s: %v", name, a)
			}
		}
		for name, bad := range map[string]string{
			"another issuer": authority.sign("ES256", nil, claims(object{"iss": "https://evil.test"})), "no issuer": authority.sign("ES256", nil, claims(object{"iss": nil})),
			"issuer of another type": authority.sign("ES256", nil, claims(object{"iss": []string{"https://authority.test"}})),
		} {
			if a := send(bad); a["status"] != 400 || a["error"] != "unapproved_software_statement" {
				t.Errorf("%s: %v", name, a)
			}
		}
	})
	if a := send(authority.sign("ES256", nil, claims(object{"redirect_uris": []string{"javascript:x"}}))); a["error"] != "invalid_redirect_uri" {
		t.Errorf("a statement about what must not be: %v", a)
	}
	if a := send(nil); a["status"] != 201 || a["client_name"] != "Said by itself" || a["software_statement"] != nil {
		t.Errorf("none: %v", a)
	}
}

func TestDR05_StatementsMayBeRequired(t *testing.T) {
	authority := newKey(t, "RS256")
	w := alone(t, anybody, func(c *app.Config) {
		c.Register.RequireStatement = true
		c.Register.Statements = []register.StatementsConfig{{Issuer: "https://authority.test", JWKS: string(authority.jwks())}}
	})
	w.regRefused(w.send("POST", "/oauth2/register", "", registration(nil)), "invalid_software_statement")
	statement := authority.sign("RS256", nil, object{"iss": "https://authority.test"})
	a := w.enrol("", object{"software_statement": statement})
	change := registration(object{"client_id": a.Text("client_id")})
	w.regRefused(w.send("PUT", a.Text("registration_client_uri"), a.Text("registration_access_token"), change), "invalid_software_statement")
	change["software_statement"] = statement
	w.ok(w.send("PUT", a.Text("registration_client_uri"), a.Text("registration_access_token"), change))
}

// Without issuers to trust, no statement is believed, and none is silently passed over.
func TestDR05_NobodyIsTrustedByDefault(t *testing.T) {
	w := alone(t, anybody)
	statement := newKey(t, "ES256").sign("ES256", nil, object{"iss": "https://authority.test"})
	w.regRefused(w.send("POST", "/oauth2/register", "", registration(object{"software_statement": statement})), "unapproved_software_statement")
}

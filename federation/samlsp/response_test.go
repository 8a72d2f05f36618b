package samlsp

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func TestAResponseBecomesAnIdentity(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.AuthnContexts = map[string]string{"pwd": password} })
	got := w.accepts(arrival(answer().bytes(t)))
	name := `["` + idpName + `","urn:oasis:names:tc:SAML:2.0:nameid-format:persistent","","","maria-7"]`
	want := &federation.Identity{
		Key: name, Subject: name, Session: "_session", ACR: "pwd", At: began().Add(20 * time.Second), Until: began().Add(8 * time.Hour),
		Groups: []string{"staff", "admins"},
		Claims: map[string]any{
			"mail": []string{"maria@example.org"}, "givenName": []string{"Maria"}, "groups": []string{"staff", "admins"},
			"saml_name_id": "maria-7", "saml_name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
		},
		Profile: map[string]any{"email": "maria@example.org", "email_verified": false, "given_name": "Maria"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, until := range w.ledger.used {
		if !until.Equal(began().Add(6 * time.Minute)) {
			t.Errorf("spent until %v: the confirmation's end and the skew", until)
		}
	}
}

func TestTheReplayLedgerFails(t *testing.T) {
	w := newWorld(t)
	w.ledger.err = errs.New(errs.Unavailable, "")
	id, err := w.c.Complete(t.Context(), arrival(answer().bytes(t)))
	if id != nil || refused(err) || !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, %v", id, err)
	}
}

// The key names a person for good: what may be given to somebody else counts only when the operator says so.
func TestKeys(t *testing.T) {
	const mail = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	of := func(format string) func(*response) {
		return func(r *response) {
			r.subject = replaced(r.subject, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", format)
		}
	}
	for name, c := range map[string]struct {
		config func(*Config)
		change func(*response)
		key    string // "": refused
	}{
		"qualifiers that go without saying": {nil, func(r *response) {
			r.subject = replaced(r.subject, "<saml:NameID ", `<saml:NameID NameQualifier="`+idpName+`" SPNameQualifier="`+ourName+`" `)
		}, `["` + idpName + `","urn:oasis:names:tc:SAML:2.0:nameid-format:persistent","","","maria-7"]`},
		"another's name": {nil, func(r *response) {
			r.subject = replaced(r.subject, "<saml:NameID ", `<saml:NameID NameQualifier="https://other" SPNameQualifier="https://group" `)
		}, `["` + idpName + `","urn:oasis:names:tc:SAML:2.0:nameid-format:persistent","https://other","https://group","maria-7"]`},
		"address":   {nil, of(mail), ""},
		"transient": {nil, of("urn:oasis:names:tc:SAML:2.0:nameid-format:transient"), ""},
		"without format": {nil, func(r *response) {
			r.subject = replaced(r.subject, ` Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"`, "")
		}, ""},
		"address, chosen": {func(c *Config) { c.KeyFormats = []string{"emailAddress"} }, of(mail), `["` + idpName + `","` + mail + `","","","maria-7"]`},
		"attribute":       {func(c *Config) { c.KeyAttribute = "givenName" }, nil, `["` + idpName + `","attribute","givenName","Maria"]`},
		"attribute, no name": {func(c *Config) { c.KeyAttribute = "givenName" }, func(r *response) {
			r.subject = without(r.subject, "<saml:NameID", "</saml:NameID>")
		}, `["` + idpName + `","attribute","givenName","Maria"]`},
		"attribute with two values": {func(c *Config) { c.KeyAttribute = "groups" }, nil, ""},
		"attribute that is missing": {func(c *Config) { c.KeyAttribute = "objectGUID" }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newWorld(t), answer()
			if c.config != nil {
				w = newWorld(t, c.config)
			}
			if c.change != nil {
				c.change(r)
			}
			if c.key == "" {
				w.refuses(arrival(r.bytes(t)), "saml_assertion.key")
				return
			}
			if id := w.accepts(arrival(r.bytes(t))); id.Key != c.key {
				t.Errorf("got %s, want %s", id.Key, c.key)
			}
		})
	}
	if long := boundedKey(string(make([]byte, 1025))); len(long) != 71 {
		t.Errorf("a long key: %q", long)
	}
}

func TestProfiles(t *testing.T) {
	const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	for name, c := range map[string]struct {
		config     func(*Config)
		attributes []string
		want       map[string]any
	}{
		"X.500": {func(c *Config) { c.TrustEmail = true }, []string{"urn:oid:0.9.2342.19200300.100.1.3", "m@x.test", "urn:oid:2.5.4.4", "Muster"},
			map[string]any{"email": "m@x.test", "email_verified": true, "family_name": "Muster"}},
		"X.500 of Keycloak": {nil, []string{"urn:oid:1.2.840.113549.1.9.1", "m@x.test", "urn:oid:2.5.4.42", "Maria"}, map[string]any{"email": "m@x.test", "email_verified": false, "given_name": "Maria"}},
		"ADFS": {nil, []string{claims + "emailaddress", "m@x.test", claims + "name", "m@corp.test", claims + "surname", "Muster"},
			map[string]any{"email": "m@x.test", "email_verified": false, "preferred_username": "m@corp.test", "family_name": "Muster"}},
		"the operator's": {func(c *Config) { c.Attributes = map[string]string{"email": "work"} }, []string{"work", "w@x.test", "mail", "m@x.test"},
			map[string]any{"email": "w@x.test", "email_verified": false}},
		"no address": {func(c *Config) { c.TrustEmail = true }, []string{"sn", "Muster"}, map[string]any{"family_name": "Muster"}},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newWorld(t), answer()
			if c.config != nil {
				w = newWorld(t, c.config)
			}
			r.attributes = r.attributesOf(c.attributes...)
			if id := w.accepts(arrival(r.bytes(t))); !reflect.DeepEqual(id.Profile, c.want) {
				t.Errorf("got %v, want %v", id.Profile, c.want)
			}
		})
	}
}

// What the identity provider says no to is told, and nothing is read of the rest.
func TestStatus(t *testing.T) {
	for second, want := range map[string]federation.Refusal{
		"AuthnFailed":   {Reason: "authn_failed", Person: true},
		"NoPassive":     {Reason: "no_passive", Person: true},
		"RequestDenied": {Reason: "denied", Person: true},
		"Strange":       {Reason: "status"},
	} {
		w, r := newWorld(t), answer()
		r.status = `urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:` + second + `"/></samlp:StatusCode><samlp:x y="`
		_, err := w.c.Complete(t.Context(), arrival(r.bytes(t)))
		var got *federation.Refusal
		if !errors.As(err, &got) || got.Check != "saml_response.status" || got.Reason != want.Reason || got.Person != want.Person {
			t.Errorf("%s: %+v", second, err)
		}
	}
}

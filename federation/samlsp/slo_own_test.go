package samlsp

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

func TestOurLogout(t *testing.T) {
	w := newWorld(t)
	id := w.accepts(arrival(answer().bytes(t)))
	d, err := w.c.BeginLogout(t.Context(), id.Subject, id.Session, ourState)
	if err != nil {
		t.Fatal(err)
	}
	root, signed := sent(t, d, "SAMLRequest")
	text := string(bytesOf(t, root))
	if !signed || string(d.Kept) != samlxml.Attribute(root, "ID") || !strings.Contains(text, ">maria-7<") || !strings.Contains(text, ">_session<") || !strings.Contains(text, "NotOnOrAfter") {
		t.Errorf("signed %v: %s", signed, text)
	}
	out := Sent{ID: string(d.Kept), RelayState: ourState}
	for name, c := range map[string]struct {
		check  string
		change func(*goodbye)
	}{
		"":                    {"", func(*goodbye) {}},
		"unsigned":            {"saml_logout.signed", func(g *goodbye) { g.pair = nil }},
		"another request":     {"saml_logout_response.in_response_to", func(g *goodbye) { g.more = ` InResponseTo="_other"` }},
		"no request":          {"saml_logout_response.in_response_to", func(g *goodbye) { g.more = "" }},
		"another state":       {"saml_logout_response.in_response_to", func(g *goodbye) { g.state = "x" }},
		"another issuer":      {"saml_logout_response.issuer", func(g *goodbye) { g.issuer = "x" }},
		"another destination": {"saml_logout_response.destination", func(g *goodbye) { g.destination = "x" }},
		"version":             {"saml_logout_response.version", func(g *goodbye) { g.version = "1" }},
		"another root":        {"saml_logout_response.root", func(g *goodbye) { g.tag = "LogoutRequest" }},
		"no success":          {"saml_logout_response.status", func(g *goodbye) { g.body = replaced(g.body, ":Success", ":Responder") }},
		"in part": {"saml_logout_response.status", func(g *goodbye) {
			g.body = replaced(g.body, `Success"/>`, `Success"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:PartialLogout"/></samlp:StatusCode>`)
		}},
	} {
		g := logoutResponse(out.ID)
		c.change(g)
		in := g.redirected(t)
		in.Query = strings.Replace(in.Query, "SAMLRequest=", "SAMLResponse=", 1)
		if g.tag == "LogoutRequest" { // a request in the place of a response
			in = federation.BrowserMessage{Method: "POST", Form: url.Values{"SAMLResponse": g.posted(t).Form["SAMLRequest"], "RelayState": {ourState}}}
		}
		t.Log(name)
		if err := w.c.ReadLogoutResponse(t.Context(), in, out); c.check == "" && err != nil {
			t.Error(err)
		} else if c.check != "" {
			wantCheck(t, err, c.check)
		}
	}
	if _, err := w.c.BeginLogout(t.Context(), `["https://other.test","a","","","x"]`, "", ""); !errors.Is(err, errSubject) {
		t.Errorf("somebody of another identity provider: %v", err)
	}
	none := newWorld(t, func(c *Config) { c.IDPSLOURL = "" })
	if _, err := none.c.BeginLogout(t.Context(), id.Subject, "", ""); !errs.Is(err, errs.NotFound) {
		t.Errorf("without an address: %v", err)
	}
}

func TestAnswersToLogoutRequests(t *testing.T) {
	w := newWorld(t, byMetadata(describedBy("", idpPair())))
	r, err := w.c.ReadLogoutRequest(t.Context(), logoutRequest().redirected(t))
	if err != nil {
		t.Fatal(err)
	}
	for done, want := range map[bool]string{true: ":status:Success", false: ":status:Responder"} {
		var d *federation.Departure
		if d, err = w.c.AnswerLogout(t.Context(), r, done); err != nil {
			t.Fatal(err)
		}
		root, signed := sent(t, d, "SAMLResponse")
		text := string(bytesOf(t, root))
		if !signed || !strings.HasPrefix(d.URL, sloURL+"/done?") || !strings.Contains(text, want) || samlxml.Attribute(root, "InResponseTo") != "_logout" || !strings.Contains(d.URL, "RelayState=their+state") {
			t.Errorf("signed %v, %s: %s", signed, d.URL, text)
		}
	}
}

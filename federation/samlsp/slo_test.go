package samlsp

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// goodbye is a LogoutRequest of the identity provider, or with answers a LogoutResponse.
type goodbye struct {
	tag, id, version, destination, issuer, issued, more, body string
	pair                                                      *samlxml.Pair // nil: unsigned
	state                                                     string
}

func logoutRequest() *goodbye {
	p := idpPair()
	return &goodbye{
		tag: "LogoutRequest", id: "_logout", version: "2.0", destination: ourSLO, issuer: idpName, issued: stamp(30 * time.Second), pair: &p, state: "their state",
		more: ` NotOnOrAfter="` + stamp(5*time.Minute) + `"`,
		body: `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">maria-7</saml:NameID><samlp:SessionIndex>_session</samlp:SessionIndex>`,
	}
}

func logoutResponse(id string) *goodbye {
	g := logoutRequest()
	g.tag, g.more, g.state = "LogoutResponse", ` InResponseTo="`+id+`"`, ourState
	g.body = `<samlp:Status><samlp:StatusCode Value="` + samlxml.Success + `"/></samlp:Status>`
	return g
}

func (g *goodbye) text() string {
	return `<samlp:` + g.tag + ` xmlns:samlp="` + samlxml.NSProtocol + `" xmlns:saml="` + samlxml.NSAssertion + `" ID="` + g.id + `" Version="` + g.version + `" IssueInstant="` + g.issued +
		`" Destination="` + g.destination + `"` + g.more + `><saml:Issuer>` + g.issuer + `</saml:Issuer>` + g.body + `</samlp:` + g.tag + `>`
}

func (g *goodbye) param() string {
	if g.tag == "LogoutResponse" {
		return "SAMLResponse"
	}
	return "SAMLRequest"
}

// redirected is the message in a query.
func (g *goodbye) redirected(t testing.TB) federation.BrowserMessage {
	t.Helper()
	o := samlxml.Outgoing{Location: ourSLO, Param: g.param(), Root: treeOf(t, g.text()), RelayState: g.state, Pair: g.pair}
	d, err := o.Redirect()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	return federation.BrowserMessage{Method: "GET", Query: u.RawQuery}
}

// posted is the message in a form.
func (g *goodbye) posted(t testing.TB) federation.BrowserMessage {
	t.Helper()
	o := samlxml.Outgoing{Location: ourSLO, Param: g.param(), Root: treeOf(t, g.text()), RelayState: g.state, Pair: g.pair}
	d, err := o.Post()
	if err != nil {
		t.Fatal(err)
	}
	return federation.BrowserMessage{Method: "POST", Form: d.Form}
}

func TestLogoutRequestsAreRead(t *testing.T) {
	w := newWorld(t)
	id := w.accepts(arrival(answer().bytes(t)))
	for name, m := range map[string]federation.BrowserMessage{"query": logoutRequest().redirected(t), "form": logoutRequest().posted(t)} {
		w.forget()
		got, err := w.c.ReadLogoutRequest(t.Context(), m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.ID != "_logout" || got.Subject != id.Subject || got.Key != id.Key || len(got.Sessions) != 1 || got.Sessions[0] != id.Session || got.RelayState != "their state" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w = newWorld(t, func(c *Config) { c.KeyAttribute = "uid" })
	if got, err := w.c.ReadLogoutRequest(t.Context(), logoutRequest().posted(t)); err != nil || got.Key != "" || got.Subject != id.Subject {
		t.Errorf("%+v %v", got, err)
	}
}

// SA21: sign-outs that the identity provider did not ask for.
func TestSA21_Logout(t *testing.T) {
	evil := evilPair()
	for name, c := range map[string]struct {
		check  string
		change func(*goodbye)
		at     time.Duration
	}{
		"unsigned":             {"saml_logout.signed", func(g *goodbye) { g.pair = nil }, 0},
		"late":                 {"saml_logout_request.until", nil, 5 * time.Minute},
		"late, without an end": {"saml_logout_request.issued", func(g *goodbye) { g.more = "" }, 6 * time.Minute},
		"from the future":      {"saml_logout_request.issued", func(g *goodbye) { g.issued = stamp(time.Hour) }, 0},
		"another destination":  {"saml_logout_request.destination", func(g *goodbye) { g.destination = "https://other.test" }, 0},
		"no destination":       {"saml_logout_request.destination", func(g *goodbye) { g.destination = "" }, 0},
		"somebody else's":      {"saml_logout_request.issuer", func(g *goodbye) { g.issuer = "https://evil.test" }, 0},
		"version":              {"saml_logout_request.version", func(g *goodbye) { g.version = "1.1" }, 0},
		"a response":           {"saml_logout_request.root", func(g *goodbye) { g.body += ""; g.tag = "AuthnRequest" }, 0},
		"nobody":               {"saml_logout_request.name_id", func(g *goodbye) { g.body = "" }, 0},
		"two":                  {"saml_logout_request.name_id", func(g *goodbye) { g.body += `<saml:NameID>victim</saml:NameID>` }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for binding, in := range map[string]func(*goodbye) federation.BrowserMessage{"query": func(g *goodbye) federation.BrowserMessage { return g.redirected(t) }, "form": func(g *goodbye) federation.BrowserMessage { return g.posted(t) }} {
				w, g := newWorld(t), logoutRequest()
				if _, err := w.c.ReadLogoutRequest(t.Context(), in(g)); err != nil {
					t.Fatalf("%s: %v", binding, err)
				}
				w.forget()
				if c.change != nil {
					c.change(g)
				}
				w.now = w.now.Add(c.at)
				_, err := w.c.ReadLogoutRequest(t.Context(), in(g))
				wantCheck(t, err, c.check)
				if len(w.ledger.used) > 0 {
					t.Error("something was spent")
				}
			}
		})
	}
	w, g := newWorld(t), logoutRequest()
	g.pair = &evil
	_, err := w.c.ReadLogoutRequest(t.Context(), g.redirected(t))
	wantCheck(t, err, "saml_logout.signed")
	_, err = w.c.ReadLogoutRequest(t.Context(), g.posted(t))
	wantCheck(t, err, "saml_signature.value")
	g = logoutRequest()
	g.body = replaced(g.body, "maria-7", "maria<!-- -->-7")
	_, err = w.c.ReadLogoutRequest(t.Context(), g.redirected(t))
	wantCheck(t, err, "saml_document.markup")
}

// SA21: a request counts once, whichever way it comes.
func TestSA21_LogoutReplay(t *testing.T) {
	w := newWorld(t)
	if _, err := w.c.ReadLogoutRequest(t.Context(), logoutRequest().redirected(t)); err != nil {
		t.Fatal(err)
	}
	_, err := w.c.ReadLogoutRequest(t.Context(), logoutRequest().redirected(t))
	wantCheck(t, err, "saml_logout_request.replay")
	_, err = w.c.ReadLogoutRequest(t.Context(), logoutRequest().posted(t))
	wantCheck(t, err, "saml_logout_request.replay")
}

// SA21: what is signed is the query as it came, and all of it that is read.
func TestSA21_Queries(t *testing.T) {
	good := logoutRequest().redirected(t).Query
	other := logoutRequest()
	other.body = replaced(other.body, "maria-7", "victim")
	parts := strings.Split(good, "&")
	otherParts := strings.Split(other.redirected(t).Query, "&")
	curve := curvedPair()
	byCurve := logoutRequest()
	byCurve.pair = &curve
	for name, c := range map[string]struct{ check, query string }{
		"another message":   {"saml_logout.signed", strings.Join(append([]string{otherParts[0]}, parts[1:]...), "&")},
		"another state":     {"saml_logout.signed", replaced(good, "RelayState=their+state", "RelayState=other")},
		"no state":          {"saml_logout.signed", replaced(good, "RelayState=their+state&", "")},
		"a message twice":   {"saml_logout.field", otherParts[0] + "&" + good},
		"both messages":     {"saml_logout.field", good + "&" + replaced(otherParts[0], "SAMLRequest", "SAMLResponse")},
		"a name in escapes": {"saml_logout.field", replaced(otherParts[0], "SAMLRequest", "SAML%52equest") + "&" + good},
		"sha1":              {"saml_logout.signed", replaced(good, "rsa-sha256", "rsa-sha1")},
		"no algorithm":      {"saml_logout.signed", strings.Join(append(append([]string{}, parts[:2]...), parts[3]), "&")},
		"no signature":      {"saml_logout.signed", strings.Join(parts[:3], "&")},
		"broken escapes":    {"saml_logout.field", good + "&Signature=%zz"},
		"nothing":           {"saml_logout.field", "x=1"},
		"not deflated":      {"saml_logout.field", "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(logoutRequest().text())))},
		"no base64":         {"saml_logout.field", "SAMLRequest=%25"},
	} {
		_, err := newWorld(t).c.ReadLogoutRequest(t.Context(), federation.BrowserMessage{Method: "GET", Query: c.query})
		t.Log(name)
		wantCheck(t, err, c.check)
	}
	for name, query := range map[string]string{
		"other parameters":    good + "&lang=en",
		"in another order":    strings.Join([]string{parts[3], parts[2], parts[1], parts[0]}, "&"),
		"signed by a curve":   byCurve.redirected(t).Query,
		"other letters, same": strings.ToLower("x=%2F") + "&" + good,
	} {
		w := newWorld(t, func(c *Config) { c.IDPCertificates = pemOf(idpPair(), curve) })
		if _, err := w.c.ReadLogoutRequest(t.Context(), federation.BrowserMessage{Method: "GET", Query: query}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := newWorld(t).c.ReadLogoutRequest(t.Context(), federation.BrowserMessage{Method: "HEAD", Query: good})
	wantCheck(t, err, "saml_logout.field")
}

// SA20: ten kilobytes that become a gigabyte.
func TestSA20_DeflateBomb(t *testing.T) {
	packed, err := samlxml.Deflate(bytes.Repeat([]byte(" "), 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	query := "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed))
	_, err = newWorld(t).c.ReadLogoutRequest(t.Context(), federation.BrowserMessage{Method: "GET", Query: query})
	wantCheck(t, err, "saml_logout.field")
	_, err = newWorld(t).c.ReadLogoutRequest(t.Context(), federation.BrowserMessage{Method: "POST", Form: url.Values{"SAMLRequest": {strings.Repeat("A", 5<<20)}}})
	wantCheck(t, err, "saml_logout.field")
}

// SA21: signatures within the message belong to the message.
func TestSA21_WrappedLogout(t *testing.T) {
	w, g := newWorld(t), logoutRequest()
	root := treeOf(t, g.text())
	if err := samlxml.Sign(root, *g.pair); err != nil {
		t.Fatal(err)
	}
	outer := logoutRequest()
	outer.id, outer.body = "_evil", replaced(outer.body, "maria-7", "victim")
	evilRoot := treeOf(t, outer.text())
	sig := signatureOf(root)
	root.RemoveChild(sig)
	box := etree.NewElement("samlp:Extensions")
	box.AddChild(root)
	evilRoot.InsertChildAt(1, box)
	evilRoot.InsertChildAt(1, sig)
	form := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(bytesOf(t, evilRoot))}}
	_, err := w.c.ReadLogoutRequest(t.Context(), federation.BrowserMessage{Method: "POST", Form: form})
	wantCheck(t, err, "saml_signature.reference")
}

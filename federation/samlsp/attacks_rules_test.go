package samlsp

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// SA15: answers to what nobody asked, or somebody else did.
func TestSA15_InResponseTo(t *testing.T) {
	within := func(with string) func(*response) {
		return func(r *response) { r.subject = replaced(r.subject, ` InResponseTo="_request"`, with) }
	}
	unasked := func(a *federation.Arrival) { a.Kept = nil }
	run(t, []attack{
		{name: "missing", check: "saml_response.in_response_to", change: func(r *response) { r.inResponseTo = "" }},
		{name: "unknown", check: "saml_response.in_response_to", change: func(r *response) { r.inResponseTo = "_other" }},
		{name: "of another browser", check: "saml_response.in_response_to", come: func(a *federation.Arrival) { a.Kept = []byte("_mine") }},
		{name: "missing within", check: "saml_assertion.in_response_to", change: within("")},
		{name: "another within", check: "saml_assertion.in_response_to", change: within(` InResponseTo="_other"`)},
		{name: "nobody asked", check: "saml_response.in_response_to", come: unasked},
		{name: "asked or not", check: "saml_response.in_response_to", config: allowUnasked, come: unasked},
		{name: "asked or not, within", check: "saml_assertion.in_response_to", config: allowUnasked, come: unasked, change: func(r *response) { r.inResponseTo = "" }},
		{name: "switched on, and still asked", check: "saml_response.in_response_to", config: allowUnasked, change: func(r *response) { r.inResponseTo = "" }},
		{name: "somebody else's", check: "saml_response.issuer", change: func(r *response) { r.issuer = "https://evil.test" }},
		{name: "somebody else's assertion", check: "saml_assertion.issuer", change: func(r *response) { r.assertionIssuer = "https://evil.test" }},
		{name: "nobody's", check: "saml_response.issuer", before: bothSigned, change: func(r *response) { r.issuer = "" }},
	})
}

func allowUnasked(c *Config) { c.AllowIDPInitiated = true }

// SA15: what nobody asked for counts where it is switched on, once.
func TestSA15_Unasked(t *testing.T) {
	w, r := newWorld(t, allowUnasked), answer()
	r.inResponseTo = ""
	r.subject = replaced(r.subject, ` InResponseTo="_request"`, "")
	a := arrival(r.bytes(t))
	a.Kept = nil
	a.Params.Set("RelayState", "https://evil.test") // nobody reads it (SA19)
	w.accepts(a)
	w.refuses(a, "saml_assertion.replay")
}

// SA15: an assertion counts once, also when the response around it is another.
func TestSA15_Replay(t *testing.T) {
	w, r := newWorld(t), answer()
	w.accepts(arrival(r.bytes(t)))
	r.id = "_another"
	w.refuses(arrival(r.bytes(t)), "saml_assertion.replay")
	w.now = began().Add(5*time.Minute + 59*time.Second) // the last second of its life, skew and all
	w.refuses(arrival(r.bytes(t)), "saml_assertion.replay")
	for _, until := range w.ledger.used {
		if w.now.After(until) {
			t.Error("the ledger forgets it while it counts")
		}
	}
}

// SA16: other audiences, or none.
func TestSA16_Audience(t *testing.T) {
	conditions := func(old, with string) func(*response) {
		return func(r *response) { r.conditions = replaced(r.conditions, old, with) }
	}
	run(t, []attack{
		{name: "another", check: "saml_assertion.audience", change: conditions(ourName, "https://other.test")},
		{name: "one that begins alike", check: "saml_assertion.audience", change: conditions(ourName, ourName+"/x")},
		{name: "none", check: "saml_assertion.audience", change: func(r *response) {
			r.conditions = without(r.conditions, "<saml:AudienceRestriction>", "</saml:AudienceRestriction>")
		}},
		{name: "an empty restriction", check: "saml_assertion.audience", change: conditions("<saml:Audience>"+ourName+"</saml:Audience>", "")},
		{name: "a second restriction", check: "saml_assertion.audience", change: conditions("</saml:Conditions>",
			"<saml:AudienceRestriction><saml:Audience>https://other.test</saml:Audience></saml:AudienceRestriction></saml:Conditions>")},
		{name: "no conditions", check: "saml_assertion.conditions", change: func(r *response) { r.conditions = "" }},
		{name: "two conditions", check: "saml_assertion.conditions", change: func(r *response) { r.conditions += r.conditions }},
		{name: "an unknown condition", check: "saml_assertion.conditions", change: conditions("</saml:Conditions>", "<saml:Condition/></saml:Conditions>")},
		{name: "not to be passed on", check: "saml_assertion.proxy", change: conditions("</saml:Conditions>", `<saml:ProxyRestriction Count="0"/></saml:Conditions>`)},
		{name: "to be passed on to others", check: "saml_assertion.proxy", change: conditions("</saml:Conditions>",
			`<saml:ProxyRestriction><saml:Audience>https://other.test</saml:Audience></saml:ProxyRestriction></saml:Conditions>`)},
	})
}

// SA17: other addresses and times.
func TestSA17_RecipientAndTime(t *testing.T) {
	subject := func(old, with string) func(*response) {
		return func(r *response) { r.subject = replaced(r.subject, old, with) }
	}
	conditions := func(old, with string) func(*response) {
		return func(r *response) { r.conditions = replaced(r.conditions, old, with) }
	}
	until := ` NotOnOrAfter="` + stamp(5*time.Minute) + `"`
	run(t, []attack{
		{name: "another destination", check: "saml_response.destination", change: func(r *response) { r.destination = "https://other.test/acs" }},
		{name: "no destination, though signed", check: "saml_response.destination", before: bothSigned, change: func(r *response) { r.destination = "" }},
		{name: "another recipient", check: "saml_assertion.recipient", change: subject(ourACS, "https://other.test/acs")},
		{name: "no recipient", check: "saml_assertion.recipient", change: subject(` Recipient="`+ourACS+`"`, "")},
		{name: "late", check: "saml_assertion.confirmed_until", at: 5 * time.Minute, change: conditions(until, "")},
		{name: "no end", check: "saml_assertion.confirmed_until", change: subject(until, "")},
		{name: "an end in another zone", check: "saml_assertion.confirmed_until", change: subject(stamp(5*time.Minute), "2026-11-30T14:05:00+02:00")},
		{name: "confirmed later", check: "saml_assertion.confirmed_from", change: subject(` Recipient`, ` NotBefore="`+stamp(10*time.Minute)+`" Recipient`)},
		{name: "another confirmation", check: "saml_assertion.confirmation", change: subject(samlxml.Bearer, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")},
		{name: "no data", check: "saml_assertion.confirmation", change: func(r *response) {
			r.subject = without(r.subject, "<saml:SubjectConfirmationData", "/>")
		}},
		{name: "two confirmations", check: "saml_assertion.confirmation", change: subject("</saml:Subject>",
			`<saml:SubjectConfirmation Method="`+samlxml.Bearer+`"/></saml:Subject>`)},
		{name: "not yet", check: "saml_assertion.not_before", change: conditions(stamp(0), stamp(3*time.Minute))},
		{name: "the conditions are over", check: "saml_assertion.not_on_or_after", at: 90 * time.Second, change: conditions(stamp(5*time.Minute), stamp(time.Minute))},
		{name: "ten minutes of skew", check: "saml_assertion.issued", change: func(r *response) { r.assertionIssued = stamp(11 * time.Minute) }},
		{name: "no time of issue", check: "saml_assertion.issued", change: func(r *response) { r.assertionIssued = "" }},
		{name: "the most skew", config: func(c *Config) { c.SkewSeconds = 180 }, check: "saml_assertion.issued", change: func(r *response) { r.assertionIssued = stamp(5 * time.Minute) }},
	})
	if err := (Config{IDPEntityID: idpName, IDPMetadata: "x", SkewSeconds: 181}).Validate(); err == nil || !strings.Contains(err.Error(), "skew") {
		t.Errorf("a skew of 181 s: %v", err)
	}
}

// SA18: what the identity provider says of the person.
func TestSA18_StatusAndNames(t *testing.T) {
	name := func(value string) func(*response) {
		return func(r *response) { r.subject = replaced(r.subject, ">maria-7<", ">"+value+"<") }
	}
	run(t, []attack{
		{name: "no success, and an assertion", check: "saml_response.status", change: func(r *response) { r.status = "urn:oasis:names:tc:SAML:2.0:status:Requester" }},
		{name: "no status", check: "saml_response.status", tree: func(root *etree.Element) { root.RemoveChild(samlxml.Child(root, samlxml.NSProtocol, "Status")) }},
		{name: "empty name", check: "saml_assertion.name_id", change: name("")},
		{name: "blank name", check: "saml_assertion.name_id", change: name(" \n ")},
		{name: "10 KB", check: "saml_assertion.name_id", change: name(strings.Repeat("x", 10<<10))},
		{name: "two lines", check: "saml_assertion.name_id", change: name("maria-7\nadmin")},
		{name: "a letter that turns the line", check: "saml_assertion.name_id", change: name("maria\u202e-7")},
		{name: "two names", check: "saml_assertion.name_id", change: func(r *response) {
			r.subject = replaced(r.subject, "</saml:NameID>", "</saml:NameID><saml:NameID>victim</saml:NameID>")
		}},
		{name: "a hidden name", check: "saml_assertion.name_id", change: func(r *response) {
			r.subject = without(r.subject, "<saml:NameID", "</saml:NameID>")
			r.subject = replaced(r.subject, "<saml:Subject>", "<saml:Subject><saml:EncryptedID/>")
		}},
		{name: "no subject", check: "saml_assertion.subject", change: func(r *response) { r.subject = "" }},
		{name: "two subjects", check: "saml_assertion.subject", change: func(r *response) { r.subject += r.subject }},
		{name: "two addresses", check: "saml_assertion.email", change: func(r *response) { r.attributes = r.attributesOf("mail", "maria@example.org|boss@example.org") }},
		{name: "two addresses by two attributes", check: "saml_assertion.email", change: func(r *response) {
			r.attributes = r.attributesOf("mail", "maria@example.org", "mail", "boss@example.org")
		}},
		{name: "two addresses by two names", check: "saml_assertion.email", change: func(r *response) {
			r.attributes = r.attributesOf("mail", "maria@example.org", "urn:oid:0.9.2342.19200300.100.1.3", "boss@example.org")
		}},
		{name: "an attribute without a name", check: "saml_assertion.attributes", change: func(r *response) { r.attributes = r.attributesOf("", "x") }},
		{name: "version 1.1", check: "saml_response.version", change: func(r *response) { r.version = "1.1" }},
		{name: "an assertion of version 1.1", check: "saml_assertion.version", change: func(r *response) { r.assertionVersion = "1.1" }},
		{name: "another root", check: "saml_response.root", before: func(r *response) {}, tree: func(root *etree.Element) { root.Tag = "LogoutResponse" }},
		{name: "a transient name", check: "saml_assertion.key", change: func(r *response) { r.subject = replaced(r.subject, "format:persistent", "format:transient") }},
	})
}

// SA18: the sign-in there, held against what was asked for.
func TestSA18_SignIn(t *testing.T) {
	statement := func(old, with string) func(*response) {
		return func(r *response) { r.statement = replaced(r.statement, old, with) }
	}
	instant := stamp(20 * time.Second)
	run(t, []attack{
		{name: "none", check: "saml_assertion.statement", change: func(r *response) { r.statement = "" }},
		{name: "two", check: "saml_assertion.statement", change: func(r *response) { r.statement += r.statement }},
		{name: "without a time", check: "saml_assertion.authn_instant", change: statement(instant, "")},
		{name: "in the future", check: "saml_assertion.authn_instant", change: statement(instant, stamp(time.Hour))},
		{name: "not fresh", check: "saml_assertion.fresh", change: statement(instant, stamp(-2*time.Minute)), come: func(a *federation.Arrival) { a.Wish.Fresh = true }},
		{name: "too old", check: "saml_assertion.max_age", change: statement(instant, stamp(-time.Hour)), come: func(a *federation.Arrival) { a.Wish.MaxAge = 10 * time.Minute }},
		{name: "the session is over", check: "saml_assertion.session", change: statement(stamp(8*time.Hour), stamp(-time.Hour))},
		{name: "another class", check: "saml_assertion.context", config: func(c *Config) { c.AuthnContexts = map[string]string{"pwd": password, "mfa": mfa} },
			come: func(a *federation.Arrival) { a.Wish.ACR = []string{"mfa"} }},
	})
	w, r := newWorld(t, func(c *Config) { c.AuthnContexts = map[string]string{"pwd": password, "mfa": mfa} }), answer()
	r.statement = replaced(r.statement, password, mfa)
	a := arrival(r.bytes(t))
	a.Wish.ACR, a.Wish.Fresh, a.Wish.MaxAge = []string{"mfa", "pwd"}, true, 10*time.Minute
	if id := w.accepts(a); id.ACR != "mfa" {
		t.Errorf("acr %s", id.ACR)
	}
}

// SA19: RelayState is our state, and nothing else.
func TestSA19_RelayState(t *testing.T) {
	var all []attack
	for _, value := range []string{"https://evil.test", "//evil.test", "javascript:alert(1)", "x\r\nSet-Cookie: a=b", "", ourState + "x"} {
		all = append(all, attack{name: value, check: "saml_response.relay_state", come: func(a *federation.Arrival) { a.Params.Set("RelayState", value) }})
	}
	run(t, all)
}

// All failures to decrypt look alike, and are counted.
func TestSA12_Decryption(t *testing.T) {
	old := xmlenc.PKCS1v15()
	des := xmlenc.OAEP()
	des.BlockCipher = xmlenc.TripleDES
	cut := func(tag string) func(*etree.Element) {
		return func(root *etree.Element) {
			for el := range samlxml.All(root) {
				if el.Tag == tag {
					el.Parent().RemoveChild(el)
					return
				}
			}
		}
	}
	attacks := []attack{
		{name: "PKCS#1 v1.5", change: func(r *response) { r.encrypt = &old }},
		{name: "3DES", change: func(r *response) { r.encrypt = &des }},
		{name: "another's key", change: func(r *response) { r.pair = evilPair() }},
		{name: "no key", tree: cut("EncryptedKey")},
		{name: "no text", tree: cut("CipherData")},
		{name: "no method", tree: cut("EncryptionMethod")},
		{name: "five keys", tree: func(root *etree.Element) {
			for el := range samlxml.All(root) {
				if el.Tag == "EncryptedKey" {
					for range 4 {
						c := el.Copy()
						c.RemoveAttr("Id")
						el.Parent().AddChild(c)
					}
					return
				}
			}
		}},
		{name: "a changed text", tree: func(root *etree.Element) {
			for el := range samlxml.All(root) {
				if el.Tag == "CipherValue" && el.Parent().Parent().Tag == "EncryptedData" {
					value := []byte(el.Text())
					value[len(value)/2] ^= 3
					el.SetText(string(value))
				}
			}
		}},
		{name: "no assertion in it", change: func(r *response) { r.attributes += `<!-- a comment -->` }},
	}
	for i := range attacks {
		attacks[i].check, attacks[i].before = "saml_response.decrypted", encrypted(xmlenc.AES128GCM)
	}
	run(t, append(attacks, attack{
		name: "a plain one", check: "saml_response.encrypted", config: func(c *Config) { c.WantAssertionsEncrypted = true },
		before: encrypted(xmlenc.AES128GCM), change: func(r *response) { r.encrypt = nil },
	}))
	w, r := newWorld(t), answer()
	encrypted(xmlenc.AES128GCM)(r)
	r.pair = evilPair()
	w.refuses(arrival(r.bytes(t)), "saml_response.decrypted")
	if w.failures.n != 1 {
		t.Errorf("%d failures were counted", w.failures.n)
	}
}

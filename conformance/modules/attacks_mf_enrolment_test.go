package modules

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// MF13: what a browser sends back is held to what it was asked for, on the server.
func TestMF13_RegistrationPolicy(t *testing.T) {
	w := keyed(t)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	for name, c := range map[string]struct {
		row string
		lie func(a *testkit.Authenticator)
	}{
		"of a sign-in":               {"enrolment.type", func(a *testkit.Authenticator) { a.Client = func(d map[string]any) { d["type"] = "webauthn.get" } }},
		"of another site":            {"enrolment.origin", func(a *testkit.Authenticator) { a.Origin = "https://evil.test" }},
		"in a frame":                 {"enrolment.framed", func(a *testkit.Authenticator) { a.Client = func(d map[string]any) { d["crossOrigin"] = true } }},
		"for another domain":         {"enrolment.rp_id", func(a *testkit.Authenticator) { a.Data = func(d []byte) []byte { d[3] ^= 1; return d } }},
		"with nobody there":          {"enrolment.present", func(a *testkit.Authenticator) { a.Flags &^= testkit.FlagUP }},
		"not verified":               {"enrolment.verified", func(a *testkit.Authenticator) { a.Flags &^= testkit.FlagUV }},
		"backed up, which cannot":    {"enrolment.backup", func(a *testkit.Authenticator) { a.Flags |= testkit.FlagBS }},
		"an algorithm not asked for": {"enrolment.algorithm", func(a *testkit.Authenticator) { a.Alg = -47 }},
		"a key of another kind":      {"enrolment.key", func(a *testkit.Authenticator) { a.Alg = -257 }},
		"another's credential id": {"enrolment.credential", func(a *testkit.Authenticator) {
			a.Answer = func(d map[string]any) { d["id"], d["rawId"] = "AAAA", "AAAA" }
		}},
		"a statement that does not verify": {"enrolment.attestation", func(a *testkit.Authenticator) {
			a.Attest = func([]byte, [32]byte, *ecdsa.PrivateKey) (string, map[string]any) {
				return "packed", map[string]any{"alg": -7, "sig": []byte("no signature")}
			}
		}},
		"a format that nobody knows": {"enrolment.attestation", func(a *testkit.Authenticator) {
			a.Attest = func([]byte, [32]byte, *ecdsa.PrivateKey) (string, map[string]any) {
				return "home-made", map[string]any{}
			}
		}},
		"none that is not none": {"enrolment.attestation", func(a *testkit.Authenticator) {
			a.Attest = func([]byte, [32]byte, *ecdsa.PrivateKey) (string, map[string]any) {
				return "none", map[string]any{"sig": []byte("x")}
			}
		}},
	} {
		liar := w.Authenticator()
		c.lie(liar)
		w.row(c.row, func() {
			if p := w.addKey(b, liar); p.Status != http.StatusForbidden || p.HasID("passkeys-done") {
				t.Errorf("%s: %d on %s", name, p.Status, p.URL)
			}
		})
	}
	w.otherSessions(b)
	if n := len(w.keys(w.person)); n != 0 {
		t.Fatalf("%d passkeys were kept", n)
	}
	auth := w.Authenticator()
	page := b.Get("/account/passkeys")
	answer := auth.Create(w.options(b, "/account/passkeys/options"))
	w.added(page.Submit("credential", answer))
	strong, in := w.signKey(auth)
	w.in(in)
	if p := strong.Get("/account/passkeys").Submit("credential", strings.Replace(auth.Create(w.options(strong, "/account/passkeys/options")), `"type":"public-key"`, `"type":"password"`, 1)); p.Status != http.StatusForbidden {
		t.Errorf("a password is no passkey: %d", p.Status)
	}
	if n := len(w.keys(w.person)); n != 1 {
		t.Errorf("%d passkeys", n)
	}
}

// otherSessions tries answers in sessions that did not ask: A starts, B finishes.
func (w *world) otherSessions(b *testkit.Browser) {
	w.t.Helper()
	email, person := w.somebody()
	thief, again := w.Browser(), w.Browser()
	w.in(guess(thief, email, testkit.Password))
	w.in(guess(again, w.email, testkit.Password))
	answer := w.Authenticator().Create(w.options(b, "/account/passkeys/options"))
	for _, other := range []*testkit.Browser{thief, again} {
		w.row("enrolment.challenge", func() {
			if p := other.Get("/account/passkeys").Submit("credential", answer); p.Status != http.StatusForbidden {
				w.t.Errorf("finished in another session: %d", p.Status)
			}
		})
	}
	if p := b.Get("/account/passkeys").Submit("credential", answer, "csrf", "x"); p.Status != http.StatusForbidden || p.HasID("passkey-add") {
		w.t.Errorf("without the form's token: %d", p.Status)
	}
	if a := w.Browser().Raw(http.MethodGet, "/account/passkeys/options", ""); a.Status != http.StatusUnauthorized {
		w.t.Errorf("options for nobody: %d", a.Status)
	}
	if n := len(w.keys(person)); n != 0 {
		w.t.Errorf("the thief has %d passkeys", n)
	}
}

// MF13: an answer registers once, and a credential is one person's.
func TestMF13_RegistrationOnce(t *testing.T) {
	w := keyed(t)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	auth := w.Authenticator()
	page := b.Get("/account/passkeys")
	answer := auth.Create(w.options(b, "/account/passkeys/options"))
	w.added(page.Submit("credential", answer))
	fresh, in := w.signKey(auth) // a session that may add another one
	w.in(in)
	own := fresh.Get("/account/passkeys")
	twice := auth.Create(w.options(fresh, "/account/passkeys/options"))
	w.added(own.Submit("credential", twice))
	w.row("enrolment.once", func() {
		if p := own.Submit("credential", twice); p.Status != http.StatusForbidden {
			t.Errorf("one answer registers twice: %d", p.Status)
		}
	})
	taken := *auth
	taken.Data = func(d []byte) []byte { copy(d[55:], auth.Held[0].ID); return d }
	taken.Answer = func(d map[string]any) {
		id := w.keys(w.person)[0].CredentialID
		d["id"], d["rawId"] = encoded(id), encoded(id)
	}
	if p := w.addKey(fresh, &taken); p.Status != http.StatusForbidden || !strings.Contains(p.Body, "registered already") {
		t.Errorf("a credential that somebody has: %d", p.Status)
	}
	if n := len(w.keys(w.person)); n != 2 {
		t.Errorf("%d passkeys", n)
	}
}

// MF13: with attestation: direct only authenticators of the list count, whose certificates chain to a root that the operator trusts.
func TestMF13_Attestation(t *testing.T) {
	roots, maker := newMaker(t)
	_, forger := newMaker(t)
	allowed, other := [16]byte{1, 2, 3}, [16]byte{9}
	w := keyed(t, passkeys(func(c *app.Config) {
		p := &c.Login.Passkeys
		p.Attestation, p.Roots, p.AAGUIDs = "direct", roots, []string{"01020300-0000-0000-0000-000000000000"}
	}))
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	for name, c := range map[string]struct {
		row    string
		attest func([]byte, [32]byte, *ecdsa.PrivateKey) (string, map[string]any)
		aaguid [16]byte
	}{
		"none":               {"enrolment.attestation", nil, allowed},
		"by itself":          {"enrolment.attestation", selfAttested, allowed},
		"by another's root":  {"enrolment.attestation", forger.attest(allowed), allowed},
		"of another make":    {"enrolment.make", maker.attest(other), other},
		"of a make it isn't": {"enrolment.attestation", maker.attest(other), allowed},
	} {
		auth := w.Authenticator()
		auth.Attest, auth.AAGUID = c.attest, c.aaguid
		w.row(c.row, func() {
			if p := w.addKey(b, auth); p.Status != http.StatusForbidden || !strings.Contains(p.Body, "authenticator may not be used") {
				t.Errorf("%s: %d %s", name, p.Status, p.URL)
			}
		})
	}
	auth := w.Authenticator()
	auth.Attest, auth.AAGUID = maker.attest(allowed), allowed
	w.added(w.addKey(b, auth))
	_, p := w.signKey(auth)
	w.in(p)
	all := w.sessions(w.person)
	if s := all[len(all)-1]; s.ACR != "phrh" || !s.AMR.Has("hwk") || s.AMR.Has("swk") {
		t.Errorf("acr %q amr %v", s.ACR, s.AMR)
	}
}

// MF04: a password-only session of somebody who has a passkey neither adds nor removes one; nor does an old session.
func TestMF04_PasskeyFromPasswordAlone(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	first := w.enrolled(auth)
	id := w.keys(w.person)[0].ID.String()
	weak := w.Browser()
	w.in(guess(weak, w.email, testkit.Password))
	thief := w.Authenticator()
	strong, in := w.signKey(auth)
	w.in(in)
	answer := thief.Create(w.options(strong, "/account/passkeys/options"))
	tryAll := func(b *testkit.Browser, row string) {
		t.Helper()
		w.row(row, func() {
			if a := b.Raw(http.MethodGet, "/account/passkeys/options", ""); a.Status != http.StatusForbidden {
				t.Errorf("options: %d", a.Status)
			}
		})
		w.row(row, func() {
			if p := b.Get("/account/passkeys"); p.HasID("passkey-add") || !p.HasID("passkey-again") {
				t.Errorf("the page offers to add one")
			}
			_, form := strong.Get("/account/passkeys").Form()
			form.Set("credential", answer)
			csrf := formToken(b.Get("/account/passkeys"))
			form.Set("csrf", csrf)
			if p := b.Post("/account/passkeys", form); p.Status != http.StatusForbidden {
				t.Errorf("added: %d", p.Status)
			}
		})
		if p := b.Get("/account/passkeys/" + id + "/remove"); p.HasID("passkey-remove") {
			t.Error("the page offers to remove one")
		}
	}
	tryAll(weak, "enrolment.strong")
	tryAll(first, "enrolment.strong") // the session that added it was made by the password
	w.Clock.Advance(20 * time.Minute)
	tryAll(strong, "enrolment.recent")
	if n := len(w.keys(w.person)); n != 1 {
		t.Errorf("%d passkeys", n)
	}
	again := strong.Get("/account/passkeys?again=1")
	if again.URL.Path != "/login" || !again.HasID("login-passkey") {
		t.Fatalf("not asked to sign in again: %s", again.URL)
	}
	if p := w.use(strong, again, auth); p.URL.Path != "/account/passkeys" || !p.HasID("passkey-add") {
		t.Errorf("after signing in again: %d on %s", p.Status, p.URL)
	}
}

// formToken is the form token of a page that has one anywhere.
func formToken(p *testkit.Page) string {
	_, rest, _ := strings.Cut(p.Body, `name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

// MF16: the last way to sign in stays; a removed passkey opens nothing, and the browser is told.
func TestMF16_LastPasskey(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	w.enrolled(auth)
	w.must(w.App.Directory.SetPassword(context.Background(), w.App.Tenant, w.person.ID, "", storage.ID{}, testkit.Operator()))
	b, in := w.signKey(auth)
	w.in(in)
	first := w.keys(w.person)[0].ID.String()
	if p := b.Get("/account/passkeys/" + first + "/remove"); p.HasID("passkey-remove") || !strings.Contains(p.Body, "only way to sign in") {
		t.Errorf("the only way to sign in can be removed: %d", p.Status)
	}
	second := w.Authenticator()
	w.added(w.addKey(b, second))
	page := b.Get("/account/passkeys/" + first + "/remove")
	other := b.Get("/account/passkeys/" + w.keys(w.person)[1].ID.String() + "/remove")
	if p := page.Submit("csrf", "x"); p.Status != http.StatusForbidden || len(w.keys(w.person)) != 2 {
		t.Errorf("removed without the form's token: %d", p.Status)
	}
	if p := page.Submit(); !p.HasID("passkeys-done") || len(w.keys(w.person)) != 1 {
		t.Errorf("not removed: %d on %s", p.Status, p.URL)
	}
	if p := other.Submit(); p.Status != http.StatusForbidden || !strings.Contains(p.Body, "only way to sign in") || len(w.keys(w.person)) != 1 {
		t.Errorf("the last one is gone: %d on %s", p.Status, p.URL)
	}
	w.row("assertion.known", func() {
		_, p := w.signKey(auth)
		w.noKey(p)
		if !strings.Contains(p.Body, "signalUnknownCredential") {
			t.Error("the browser is not told to forget it")
		}
	})
	_, in = w.signKey(second)
	w.in(in)
	email, _ := w.somebody()
	thief := w.Browser()
	w.in(guess(thief, email, testkit.Password))
	id := w.keys(w.person)[0].ID.String()
	for _, path := range []string{"/remove", ""} {
		form := url.Values{"csrf": {formToken(thief.Get("/account/passkeys"))}, "name": {"mine"}}
		if p := thief.Post("/account/passkeys/"+id+path, form); p.Status != http.StatusNotFound {
			t.Errorf("another's passkey %s: %d", path, p.Status)
		}
	}
}

// A name is what its person types, and nothing else changes with it.
func TestPasskeyNames(t *testing.T) {
	w := keyed(t)
	b := w.enrolled(w.Authenticator())
	id := w.keys(w.person)[0].ID.String()
	csrf := formToken(b.Get("/account/passkeys"))
	rename := func(name string) *testkit.Page {
		return b.Post("/account/passkeys/"+id, map[string][]string{"csrf": {csrf}, "name": {name}})
	}
	if p := rename("  Maria’s <b>phone</b> "); !p.HasID("passkeys-done") || !strings.Contains(p.Body, "Maria’s &lt;b&gt;phone&lt;/b&gt;") {
		t.Errorf("renamed: %d %.300s", p.Status, p.Body)
	}
	for _, bad := range []string{"", "   ", strings.Repeat("x", 65), "a\x01b"} {
		if p := rename(bad); p.Status != http.StatusBadRequest || p.HasID("passkeys-done") {
			t.Errorf("%q: %d", bad, p.Status)
		}
	}
}

// maker signs packed attestation with a certificate below its own root.
type maker struct {
	t    *testing.T
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newMaker(t *testing.T) (path string, m *maker) {
	t.Helper()
	m = &maker{t: t}
	m.key, m.root = m.issue(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Acme Keys Root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(9000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	path = filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.root.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, m
}

func (m *maker) issue(template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	m.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	parent, signer := m.root, m.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		m.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		m.t.Fatal(err)
	}
	return key, cert
}

// attest is a batch certificate of a make, and what it signs.
func (m *maker) attest(aaguid [16]byte) func([]byte, [32]byte, *ecdsa.PrivateKey) (string, map[string]any) {
	m.t.Helper()
	octets, err := asn1.Marshal(aaguid[:])
	if err != nil {
		m.t.Fatal(err)
	}
	key, cert := m.issue(&x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(9000 * time.Hour), BasicConstraintsValid: true,
		Subject:         pkix.Name{Country: []string{"HR"}, Organization: []string{"Acme"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Acme Key"},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}, Value: octets}},
	})
	return func(data []byte, hash [32]byte, _ *ecdsa.PrivateKey) (string, map[string]any) {
		return "packed", map[string]any{"alg": -7, "sig": signature(m.t, key, data, hash), "x5c": [][]byte{cert.Raw}}
	}
}

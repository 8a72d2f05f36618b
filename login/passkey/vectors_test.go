package passkey

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	_ "unsafe" // for the roots of the library, below

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/jedan-auth/jedan-auth/storage"
)

// The library trusts Apple's and Google's own roots for their two formats, knows the makers of TPMs that the TCG lists, and has no way to add to
// either; the specification's examples have a root and a maker of their own.
//
//go:linkname appleRoots github.com/go-webauthn/webauthn/protocol.attAppleHardwareRootsCertPool
var appleRoots *x509.CertPool

//go:linkname androidRoots github.com/go-webauthn/webauthn/protocol.attAndroidKeyHardwareRootsCertPool
var androidRoots *x509.CertPool

type tpmMaker struct{ id, name, code string }

//go:linkname tpmMakers github.com/go-webauthn/webauthn/protocol.tpmManufacturers
var tpmMakers []tpmMaker

// blob is bytes in hexadecimal.
type blob []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *blob) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// vector is one pair of ceremonies of WebAuthn Level 3, section "Test Vectors".
type vector struct {
	Name   string
	ID     blob
	Create struct{ Challenge, ClientDataJSON, AttestationObject blob }
	Get    struct{ Challenge, ClientDataJSON, AuthenticatorData, Signature blob }
}

func vectors(t testing.TB) (*x509.Certificate, []vector) {
	t.Helper()
	raw, err := os.ReadFile("testdata/webauthn-level-3.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Root    blob
		Vectors []vector
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(all.Root)
	if err != nil {
		t.Fatal(err)
	}
	return root, all.Vectors
}

func example(t testing.TB) (*Module, []vector) {
	t.Helper()
	root, all := vectors(t)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	appleRoots.AddCert(root)
	androidRoots.AddCert(root)
	tpmMakers = append(tpmMakers, tpmMaker{"00000000", "WebAuthn Test", "WebAuthnTest"})
	return &Module{
		c:     Config{UserVerification: preferred, Attestation: none, Algorithms: []string{"EdDSA", "ES256", "ES384", "ES512", "PS256", "RS256"}},
		d:     Deps{Now: time.Now},
		party: Party{ID: "example.org", Origin: "https://example.org"}, roots: pool,
	}, all
}

// run applies the rows that need nothing but the answer, and says which one refuses.
func run(m *Module, table []row, a *attempt, challenge []byte) string {
	for _, row := range table {
		switch _, name, _ := strings.Cut(row.name, "."); name {
		case "csrf", "flow", "recent", "strong", "known", "owner", "state", "subject", "once", "count":
			continue
		case "challenge":
			if a.client.Challenge != encode(challenge) {
				return row.name
			}
			continue
		}
		if row.check(m, a) != nil {
			return row.name
		}
	}
	return ""
}

func (v *vector) create(m *Module) (*attempt, string) {
	answer, _ := json.Marshal(map[string]any{"id": encode(v.ID), "rawId": encode(v.ID), "type": "public-key", "response": map[string]any{
		"clientDataJSON": encode(v.Create.ClientDataJSON), "attestationObject": encode(v.Create.AttestationObject),
	}})
	a := &attempt{form: map[string][]string{"credential": {string(answer)}}, ceremony: protocol.CreateCeremony}
	return a, run(m, rules(), a, v.Create.Challenge)
}

func (v *vector) get(m *Module, key *storage.Passkey) string {
	answer, _ := json.Marshal(map[string]any{"id": encode(v.ID), "rawId": encode(v.ID), "type": "public-key", "response": map[string]any{
		"clientDataJSON": encode(v.Get.ClientDataJSON), "authenticatorData": encode(v.Get.AuthenticatorData), "signature": encode(v.Get.Signature),
	}})
	a := &attempt{form: map[string][]string{"credential": {string(answer)}}, ceremony: protocol.AssertCeremony, key: key}
	return run(m, rows(), a, v.Get.Challenge)
}

// both runs a registration and the sign-in after it.
func (v *vector) both(m *Module) string {
	a, refused := v.create(m)
	if refused != "" {
		return refused
	}
	return v.get(m, &storage.Passkey{PublicKey: a.auth.AttData.CredentialPublicKey, Syncs: a.auth.Flags.HasBackupEligible()})
}

// TestVectors: what the specification gives as right passes, but for what this server refuses on purpose: frames, a curve that nothing here speaks,
// and an Android key whose empty authorization lists do not meet section 8.4 of the same specification: all before them is right.
func TestVectors(t *testing.T) {
	m, all := example(t)
	refused := map[string]string{
		"none-es256-crossOrigin": "enrolment.framed", "none-es256-topOrigin": "enrolment.framed", "packed-ed448": "enrolment.algorithm enrolment.key",
		"android-key-es256": "enrolment.attestation",
	}
	formats := map[string]bool{}
	for _, v := range all {
		got := v.both(m)
		if want := refused[v.Name]; got != want && !slices.Contains(strings.Fields(want), got) {
			t.Errorf("%s: refused by %q, want %q", v.Name, got, want)
		}
		a, _ := v.create(m)
		formats[a.creation.Response.AttestationObject.Format] = true
		if v.Name == "android-key-es256" {
			err := a.creation.Response.AttestationObject.VerifyAttestation(a.hash[:], nil, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
			if e := new(protocol.Error); !errors.As(err, &e) || !strings.Contains(e.Details, "origin not equal KM_ORIGIN_GENERATED") {
				t.Errorf("the Android key is refused for another reason: %v", err)
			}
		}
		chained := !strings.HasPrefix(v.Name, "none") && v.Name != "packed-self-es256" && refused[v.Name] == ""
		if a.proven != chained {
			t.Errorf("%s: leads to the trusted root: %t", v.Name, a.proven)
		}
	}
	for _, f := range []string{"none", "packed", "tpm", "android-key", "apple", "fido-u2f"} {
		if !formats[f] {
			t.Errorf("no vector of format %s", f)
		}
	}
}

// TestBrokenVectors: each vector with one field changed is refused.
func TestBrokenVectors(t *testing.T) {
	m, all := example(t)
	for name, damage := range map[string]func(v *vector) bool{
		"creation challenge": func(v *vector) bool { return flip(&v.Create.Challenge, 0) },
		"creation type":      func(v *vector) bool { return swap(&v.Create.ClientDataJSON, "webauthn.create", "webauthn.creatf") },
		"creation origin": func(v *vector) bool {
			return swap(&v.Create.ClientDataJSON, "https://example.org", "https://example.orh")
		},
		"creation client data": func(v *vector) bool {
			return v.attested() && swap(&v.Create.ClientDataJSON, `"crossOrigin"`, `"crossOrigio"`)
		},
		"RP ID hash": func(v *vector) bool { return swap(&v.Create.AttestationObject, "\xbf\xab\xc3\x74", "\xbf\xab\xc3\x75") },
		"credential id": func(v *vector) bool {
			return swap(&v.Create.AttestationObject, string(v.ID[:16]), string(v.ID[:15])+"\x00")
		},
		"attestation format":    func(v *vector) bool { return swap(&v.Create.AttestationObject, "cfmt", "cfms") },
		"attestation statement": func(v *vector) bool { return v.attested() && v.damageStatement() },
		"public key":            func(v *vector) bool { return v.damageKey() },
		"sign-in challenge":     func(v *vector) bool { return flip(&v.Get.Challenge, 31) },
		"sign-in type":          func(v *vector) bool { return swap(&v.Get.ClientDataJSON, "webauthn.get", "webauthn.geu") },
		"sign-in origin":        func(v *vector) bool { return swap(&v.Get.ClientDataJSON, "https://example.org", "http://example.org/") },
		"sign-in client data":   func(v *vector) bool { return swap(&v.Get.ClientDataJSON, `"crossOrigin"`, `"crossOrigio"`) },
		"authenticator data":    func(v *vector) bool { return flip(&v.Get.AuthenticatorData, 0) },
		"user presence":         func(v *vector) bool { v.Get.AuthenticatorData[32] &^= 1; return true },
		"counter":               func(v *vector) bool { return flip(&v.Get.AuthenticatorData, 36) },
		"signature":             func(v *vector) bool { return flip(&v.Get.Signature, len(v.Get.Signature)-1) },
	} {
		broken := 0
		_, again := vectors(t)
		for i, v := range again {
			if all[i].both(m) != "" || !damage(&v) {
				continue
			}
			broken++
			if v.both(m) == "" {
				t.Errorf("%s with a changed %s passes", v.Name, name)
			}
		}
		if broken == 0 {
			t.Errorf("%s: nothing was changed", name)
		}
	}
}

// TestBrokenCertificates: where an attestation is wanted, one whose certificate was changed leads to no trusted root.
func TestBrokenCertificates(t *testing.T) {
	m, all := example(t)
	m.c.Attestation = direct
	broken := 0
	for _, v := range all {
		i := bytes.Index(v.Create.AttestationObject, []byte("hauthData"))
		if a, _ := v.create(m); !a.proven || strings.HasPrefix(v.Name, "tpm") { // there, the certificate is not last
			continue
		}
		broken++
		flip(&v.Create.AttestationObject, i-1)
		if _, refused := v.create(m); refused != "enrolment.attestation" {
			t.Errorf("%s: refused by %q", v.Name, refused)
		}
	}
	if broken < 6 {
		t.Errorf("only %d certificates were changed", broken)
	}
}

func (v *vector) attested() bool { return !strings.HasPrefix(v.Name, "none") }

func flip(b *blob, at int) bool {
	(*b)[at] ^= 1
	return true
}

func swap(b *blob, old, new string) bool {
	if !bytes.Contains(*b, []byte(old)) {
		return false
	}
	*b = bytes.Replace(*b, []byte(old), []byte(new), 1)
	return true
}

// damageStatement changes a byte in the middle of the statement's signature.
func (v *vector) damageStatement() bool {
	i := bytes.Index(v.Create.AttestationObject, []byte("csig"))
	return i > 0 && flip(&v.Create.AttestationObject, i+20)
}

// damageKey changes the last byte of the public key, with which the authenticator data ends.
func (v *vector) damageKey() bool {
	return flip(&v.Create.AttestationObject, len(v.Create.AttestationObject)-1)
}

// FuzzAnswers: whatever an authenticator sends parses or does not; no row breaks on it (MF14).
func FuzzAnswers(f *testing.F) {
	m, all := example(f)
	for _, v := range all {
		for _, response := range []map[string]any{
			{"clientDataJSON": encode(v.Create.ClientDataJSON), "attestationObject": encode(v.Create.AttestationObject)},
			{"clientDataJSON": encode(v.Get.ClientDataJSON), "authenticatorData": encode(v.Get.AuthenticatorData), "signature": encode(v.Get.Signature)},
		} {
			answer, err := json.Marshal(map[string]any{"id": encode(v.ID), "rawId": encode(v.ID), "type": "public-key", "response": response})
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(answer), []byte(v.Create.AttestationObject))
		}
	}
	first, refused := all[0].create(m)
	if refused != "" {
		f.Fatal(refused)
	}
	key := &storage.Passkey{PublicKey: first.auth.AttData.CredentialPublicKey}
	f.Fuzz(func(t *testing.T, answer string, object []byte) {
		form := map[string][]string{"credential": {answer}}
		run(m, rules(), &attempt{form: form, ceremony: protocol.CreateCeremony}, nil)
		run(m, rows(), &attempt{form: form, ceremony: protocol.AssertCeremony, key: key}, nil)
		whole, err := json.Marshal(map[string]any{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": map[string]any{
			"clientDataJSON": encode(all[0].Create.ClientDataJSON), "attestationObject": encode(object),
		}})
		if err != nil {
			t.Fatal(err)
		}
		a := &attempt{}
		if a.readCreation(string(whole)) != nil {
			return
		}
		for _, row := range rules() {
			switch row.name {
			case "enrolment.credential", "enrolment.algorithm", "enrolment.key", "enrolment.attestation":
				row.check(m, a)
			}
		}
	})
}

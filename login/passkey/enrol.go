package passkey

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// rules is the table of a new passkey, in order, once it is known who adds it. Nothing is written before "once".
func rules() []row {
	return []row{
		{"enrolment.recent", signedInRecently},
		{"enrolment.strong", signedInWithFactor},
		{"enrolment.shape", creationShape},
		{"enrolment.type", rightType},
		{"enrolment.challenge", ourChallenge},
		{"enrolment.origin", ourOrigin},
		{"enrolment.framed", notFramed},
		{"enrolment.rp_id", ourDomain},
		{"enrolment.present", userPresent},
		{"enrolment.verified", userVerified},
		{"enrolment.backup", backupFlags},
		{"enrolment.credential", sameCredential},
		{"enrolment.algorithm", allowedAlgorithm},
		{"enrolment.key", usableKey},
		{"enrolment.attestation", attested},
		{"enrolment.make", allowedMake},
		{"enrolment.once", firstUse},
	}
}

// descriptor names a credential to the browser.
type descriptor struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Transports []string `json:"transports,omitempty"`
}

type parameter struct {
	Type string `json:"type"`
	Alg  int64  `json:"alg"`
}

type rpEntity struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type userEntity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

type selection struct {
	ResidentKey      string `json:"residentKey"`
	Require          bool   `json:"requireResidentKey"`
	UserVerification string `json:"userVerification"`
}

// creationOptions is PublicKeyCredentialCreationOptionsJSON.
type creationOptions struct {
	RP          rpEntity     `json:"rp"`
	User        userEntity   `json:"user"`
	Challenge   string       `json:"challenge"`
	Parameters  []parameter  `json:"pubKeyCredParams"`
	Timeout     int          `json:"timeout"`
	Exclude     []descriptor `json:"excludeCredentials"`
	Selection   selection    `json:"authenticatorSelection"`
	Attestation string       `json:"attestation"`
}

// creationOptions answers the script of a page that adds a passkey. It writes nothing.
func (m *Module) creationOptions(c *gin.Context) error {
	a, err := m.adding(c)
	if err != nil {
		return err
	}
	if r := m.judge("passkey options", rules()[:2], a); r != nil {
		return errs.New(errs.Forbidden, "Sign in again first.")
	}
	name, identifier := m.d.Steps.Display(a.cur.Person)
	o := creationOptions{
		RP:        rpEntity{m.party.ID, m.d.Product},
		User:      userEntity{encode(m.handle(a.cur.Person.ID)), identifier, orElse(name, identifier)},
		Challenge: m.newChallenge(boundToSession(a.cur)), Timeout: challengeMillis, Exclude: []descriptor{}, Attestation: m.c.Attestation,
		Selection: selection{"required", true, m.c.UserVerification},
	}
	for _, alg := range m.c.numbers() {
		o.Parameters = append(o.Parameters, parameter{string(protocol.PublicKeyCredentialType), alg})
	}
	for _, p := range a.owned {
		o.Exclude = append(o.Exclude, descriptor{string(protocol.PublicKeyCredentialType), encode(p.CredentialID), p.Transports})
	}
	httpx.WriteJSON(c, http.StatusOK, o)
	return nil
}

// adding is an attempt of who is signed in, with what they have already. errs.Unauthenticated when nobody is.
func (m *Module) adding(c *gin.Context) (*attempt, error) {
	cur, err := m.d.Steps.Current(c)
	if err != nil {
		return nil, err
	}
	if cur == nil {
		return nil, errs.New(errs.Unauthenticated, "Sign in first.")
	}
	owned, err := m.d.Store.PasskeysOf(c.Request.Context(), cur.Person.Tenant, cur.Person.ID)
	if err != nil {
		return nil, err
	}
	other, err := m.d.Second.Has(c.Request.Context(), cur.Person)
	if err != nil {
		return nil, err
	}
	return &attempt{c: c, cur: cur, owned: owned, factor: other || len(owned) > 0, ceremony: protocol.CreateCeremony, bound: boundToSession(cur)}, nil
}

// enrol runs the table over an answer and keeps the passkey.
func (m *Module) enrol(a *attempt) *refusal {
	if r := m.judge("passkey", rules(), a); r != nil {
		return r
	}
	p := m.newPasskey(a)
	ctx := a.c.Request.Context()
	ev := m.d.Audit.Row(ctx, p.Tenant, audit.Event{
		Type: audit.PasskeyAdd, Severity: audit.Notice, ActorKind: audit.Person, Actor: p.Person.String(), Target: target(p.ID),
		Data: map[string]any{"synced": p.Synced, "verified": p.Verified, "hardware": p.Hardware},
	})
	err := m.d.Store.InsertPasskey(ctx, p, m.c.Most, ev)
	switch {
	case errs.Is(err, errs.Conflict):
		return &refusal{problem: web.ProblemPasskeyTaken}
	case errs.Is(err, errs.Forbidden):
		return &refusal{problem: web.ProblemPasskeyMany}
	case err != nil:
		return &refusal{err: err}
	}
	return nil
}

// maxTransports bounds what is kept of what the browser says.
const maxTransports = 8

func (m *Module) newPasskey(a *attempt) *storage.Passkey {
	now, data := m.d.Now(), a.auth.AttData
	p := &storage.Passkey{
		Tenant: a.cur.Person.Tenant, ID: storage.NewID(now), Person: a.cur.Person.ID, CredentialID: data.CredentialID, PublicKey: data.CredentialPublicKey,
		AAGUID: data.AAGUID, SignCount: int64(a.auth.Counter), Transports: storage.Strings{}, Verified: a.auth.Flags.HasUserVerified(),
		Syncs: a.auth.Flags.HasBackupEligible(), Synced: a.auth.Flags.HasBackupState(), CreatedAt: now,
	}
	p.Hardware = a.proven && !p.Syncs
	for _, t := range a.creation.Response.Transports {
		if len(p.Transports) < maxTransports && plain(string(t)) && !p.Transports.Has(string(t)) {
			p.Transports = append(p.Transports, string(t))
		}
	}
	p.Name = m.d.Ring.Seal(nameAt(p), []byte(orElse(makeOf(data.AAGUID), "Passkey")))
	return p
}

// signedInRecently wants a sign-in that is not long ago: a session alone adds nothing.
func signedInRecently(m *Module, a *attempt) *refusal {
	if !m.recent(a) {
		return &refusal{expected: "a recent sign-in", received: "an old one", problem: web.ProblemPasskey}
	}
	return nil
}

func (m *Module) recent(a *attempt) bool { return m.d.Now().Sub(a.cur.Session.AuthTime) <= m.c.Recent }

// signedInWithFactor keeps a password alone from adding a passkey beside other factors (MF04).
func signedInWithFactor(_ *Module, a *attempt) *refusal {
	if !strong(a) {
		return &refusal{expected: "a sign-in with a factor that the account has", received: "a weaker one", problem: web.ProblemPasskeyStrong}
	}
	return nil
}

func strong(a *attempt) bool {
	s := a.cur.Session
	return !a.factor || s.ACR != "1" || slices.Contains(s.AMR, "swk") || slices.Contains(s.AMR, "hwk")
}

// creationShape parses the answer: JSON, client data, attestation object, authenticator data.
func creationShape(_ *Module, a *attempt) *refusal {
	const expected = "a new credential"
	answer := a.form.Get("credential")
	if answer == "" || len(answer) > maxAnswer {
		return not(expected, size(answer), "shape")
	}
	if err := a.readCreation(answer); err != nil {
		return not(expected, "something that does not parse", "shape")
	}
	return nil
}

// maxCredentialID is the longest credential id, in bytes.
const maxCredentialID = 1023

// sameCredential wants the id that the authenticator has signed for.
func sameCredential(_ *Module, a *attempt) *refusal {
	id := a.auth.AttData.CredentialID
	if len(id) == 0 || len(id) > maxCredentialID || !bytes.Equal(id, a.creation.RawID) {
		return not("the attested credential id, of 1 to 1023 bytes", "another", "credential_id")
	}
	return nil
}

// allowedAlgorithm wants one that the options named (MF13).
func allowedAlgorithm(m *Module, a *attempt) *refusal {
	var key webauthncose.PublicKeyData
	if err := webauthncbor.Unmarshal(a.auth.AttData.CredentialPublicKey, &key); err != nil {
		return not("a public key", "something that does not parse", "key")
	}
	if !slices.Contains(m.c.numbers(), key.Algorithm) {
		return not("an algorithm of the options", "another", "algorithm")
	}
	return nil
}

// usableKey wants a point on its curve, a modulus of a size that counts: what later signatures are checked with.
func usableKey(_ *Module, a *attempt) *refusal {
	if _, err := webauthncose.ParsePublicKey(a.auth.AttData.CredentialPublicKey); err != nil {
		return not("a public key", "one that cannot be used", "key")
	}
	return nil
}

// attested verifies the attestation statement. Where the operator wants one, it must chain to a root that they trust; elsewhere one that is sent all
// the same must at least be right.
func attested(m *Module, a *attempt) *refusal {
	const expected = "an attestation statement that verifies"
	object := a.creation.Response.AttestationObject
	if err := object.VerifyAttestation(a.hash[:], nil, protocol.AttestationPolicy{}, protocol.SignaturePolicy{}); err != nil {
		r := not(expected, "one that does not", "attestation")
		r.problem = web.ProblemPasskeyKind
		return r
	}
	if m.roots != nil {
		a.proven = chains(object, m.roots, m.d.Now())
	}
	if m.c.Attestation == direct && !a.proven {
		return &refusal{expected: "an attestation that chains to a trusted root", received: "none", reason: "attestation", problem: web.ProblemPasskeyKind}
	}
	return nil
}

// allowedMake wants an authenticator of the operator's list, if there is one.
func allowedMake(m *Module, a *attempt) *refusal {
	if m.c.Attestation != direct || slices.ContainsFunc(m.makes, func(id [16]byte) bool { return bytes.Equal(id[:], a.auth.AttData.AAGUID) }) {
		return nil
	}
	return &refusal{expected: "an authenticator of the list", received: "another", reason: "aaguid", problem: web.ProblemPasskeyKind}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// plain is a word as transports are.
func plain(s string) bool {
	return s != "" && len(s) <= 32 && !slices.ContainsFunc([]byte(s), func(b byte) bool { return (b < 'a' || b > 'z') && b != '-' })
}

package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Flags of authenticator data (WebAuthn Level 3, section 6.1).
const (
	FlagUP, FlagUV, FlagBE, FlagBS, FlagAT = 0x01, 0x04, 0x08, 0x10, 0x40
)

// Authenticator is a passkey provider in software, with the browser before it. What a test sets to lie with is applied where a dishonest part could:
// the client data and the authenticator data before they are signed, the answer after.
type Authenticator struct {
	T      testing.TB
	Origin string
	Flags  byte
	Count  uint32
	AAGUID [16]byte
	Alg    int64 // COSE's; 0: ES256

	Client func(map[string]any)
	Data   func([]byte) []byte
	Answer func(map[string]any)
	Attest func(data []byte, hash [32]byte, key *ecdsa.PrivateKey) (format string, statement map[string]any)

	Held []*Credential // newest last
}

// Credential is a passkey with its private key.
type Credential struct {
	ID, Handle []byte
	RPID       string
	Key        *ecdsa.PrivateKey
}

// Authenticator is a new one at the server's own pages: it verifies its user and does not sync.
func (s *Server) Authenticator() *Authenticator {
	return &Authenticator{T: s.T, Origin: s.URL, Flags: FlagUP | FlagUV}
}

type webauthnOptions struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

// Create answers creation options, as JSON, with a new credential.
func (a *Authenticator) Create(options string) string {
	a.T.Helper()
	o := a.options(options)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.T.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id) // never fails
	held := &Credential{ID: id, Handle: a.decode(o.User.ID), RPID: o.RP.ID, Key: key}
	data := a.data(o.RP.ID, FlagAT)
	data = append(data, a.AAGUID[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(id))) //nolint:gosec // 32
	data = append(append(data, id...), a.cose(key)...)
	data = a.changed(data)
	client, hash := a.client("webauthn.create", o.Challenge)
	format, statement := "none", map[string]any{}
	if a.Attest != nil {
		format, statement = a.Attest(data, hash, key)
	}
	object := a.cbor(map[string]any{"fmt": format, "attStmt": statement, "authData": data})
	a.Held = append(a.Held, held)
	return a.answer(id, map[string]any{"clientDataJSON": text(client), "attestationObject": text(object), "transports": []string{"internal"}})
}

// Get answers request options, as JSON, with the newest credential.
func (a *Authenticator) Get(options string) string {
	a.T.Helper()
	o := a.options(options)
	held := a.Held[len(a.Held)-1]
	data := a.changed(a.data(o.RPID, 0))
	client, hash := a.client("webauthn.get", o.Challenge)
	digest := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, held.Key, digest[:])
	if err != nil {
		a.T.Fatal(err)
	}
	return a.answer(held.ID, map[string]any{
		"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature), "userHandle": text(held.Handle),
	})
}

func (a *Authenticator) options(raw string) webauthnOptions {
	a.T.Helper()
	var o webauthnOptions
	if err := json.Unmarshal([]byte(raw), &o); err != nil || o.Challenge == "" {
		a.T.Fatalf("no options: %v in %.300s", err, raw)
	}
	return o
}

func (a *Authenticator) data(rpID string, more byte) []byte {
	sum := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(sum[:], a.Flags|more), a.Count)
}

func (a *Authenticator) changed(data []byte) []byte {
	if a.Data != nil {
		return a.Data(data)
	}
	return data
}

func (a *Authenticator) client(kind, challenge string) ([]byte, [32]byte) {
	a.T.Helper()
	data := map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false}
	if a.Client != nil {
		a.Client(data)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		a.T.Fatal(err)
	}
	return raw, sha256.Sum256(raw)
}

func (a *Authenticator) cose(key *ecdsa.PrivateKey) []byte {
	a.T.Helper()
	alg := a.Alg
	if alg == 0 {
		alg = -7
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		a.T.Fatal(err)
	}
	return a.cbor(map[int]any{1: 2, 3: alg, -1: 1, -2: point[1:33], -3: point[33:]})
}

func (a *Authenticator) cbor(v any) []byte {
	a.T.Helper()
	b, err := webauthncbor.Marshal(v)
	if err != nil {
		a.T.Fatal(err)
	}
	return b
}

func (a *Authenticator) answer(id []byte, response map[string]any) string {
	a.T.Helper()
	answer := map[string]any{"id": text(id), "rawId": text(id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response}
	if a.Answer != nil {
		a.Answer(answer)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		a.T.Fatal(err)
	}
	return string(b)
}

func (a *Authenticator) decode(s string) []byte {
	a.T.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		a.T.Fatal(err)
	}
	return b
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

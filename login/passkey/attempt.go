package passkey

import (
	"crypto/sha256"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-webauthn/webauthn/protocol"

	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// attempt is one answer of an authenticator on its way through a table.
type attempt struct {
	c    *gin.Context
	form url.Values

	step *login.Step      // of a sign-in
	half *login.Half      // of a second step
	cur  *session.Current // who adds a passkey

	ceremony protocol.CeremonyType
	bound    bound
	client   protocol.CollectedClientData
	auth     protocol.AuthenticatorData
	hash     [sha256.Size]byte // of the client data
	until    time.Time         // the challenge's end

	assertion *protocol.ParsedCredentialAssertionData
	creation  *protocol.ParsedCredentialCreationData

	owned  []storage.Passkey // of who adds one
	factor bool              // who adds one has a factor beside the password
	key    *storage.Passkey  // the one that is used
	person *storage.Person   // whose it is
	proven bool              // an attestation that chains to a trusted root says what the authenticator is
}

// asserting is somebody who signs in.
func asserting(c *gin.Context, form url.Values) *attempt {
	return &attempt{c: c, form: form, ceremony: protocol.AssertCeremony}
}

// maxAnswer bounds an authenticator's answer: certificate chains and the longest credential id fit several times.
const maxAnswer = 48 << 10

// readAssertion parses what navigator.credentials.get() made.
func (a *attempt) readAssertion(answer string) error {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return err
	}
	a.assertion, a.client, a.auth = parsed, parsed.Response.CollectedClientData, parsed.Response.AuthenticatorData
	a.hash = sha256.Sum256(parsed.Raw.AssertionResponse.ClientDataJSON)
	return nil
}

// readCreation parses what navigator.credentials.create() made.
func (a *attempt) readCreation(answer string) error {
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return err
	}
	a.creation, a.client, a.auth = parsed, parsed.Response.CollectedClientData, parsed.Response.AttestationObject.AuthData
	a.hash = sha256.Sum256(parsed.Raw.AttestationResponse.ClientDataJSON)
	return nil
}

package core

import (
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// AccessToken is what an access token says, in either format. A person's token has a grant; a client's own (client credentials) has none.
type AccessToken struct {
	ID        storage.ID // jti
	Issuer    string
	Subject   string // the person's sub, or the client_id of a client's own token
	ClientID  string
	Client    storage.ID // the client's row; zero in a JWT, which names the client by ClientID
	Grant     storage.ID // zero for a client's own token
	Session   storage.ID
	Audience  []string
	Scopes    []string
	IssuedAt  time.Time
	ExpiresAt time.Time
	AuthTime  time.Time
	ACR       string
	AMR       []string   // RFC 8176; a handle does not carry it
	Cnf       Binding    // the keys it is bound to
	Details   string     // authorization_details (RFC 9396 section 9), a canonical JSON array, or ""
	Act       string     // the act claim (RFC 8693 section 4.1), a canonical JSON object, or ""
	ActGrant  storage.ID // the grant behind the actor, if that is a person
	Exchanged bool       // made of another token (RFC 8693): the grant may be of the client that the other token was issued to
	Opaque    bool       // written as a sealed handle instead of a JWT
	Alg       string     // signing algorithm of a JWT to be written
	mixed     bool       // its resources want different algorithms
	weak      bool       // and one that the client's profile does not allow
	KeyID     string     // kid of a JWT that was read
}

// Mintable refuses a token for resources that want theirs signed differently: each is to be had alone. An algorithm that the client's profile does not
// allow is refused, too.
func (t *AccessToken) Mintable() error {
	if t.mixed {
		return InvalidTarget("The resources want their access tokens signed differently: ask for one at a time.", "resources with different algorithms")
	}
	if t.weak && !t.Opaque {
		return InvalidTarget("The resource wants its access tokens signed with an algorithm that the client's profile does not allow.", "a resource with "+t.Alg)
	}
	return nil
}

// OfPerson reports whether a person stands behind the token (TK22: never judged by the subject's text).
func (t *AccessToken) OfPerson() bool { return !t.Grant.IsZero() }

// HasScope reports whether the token carries a scope.
func (t *AccessToken) HasScope(s string) bool { return slices.Contains(t.Scopes, s) }

// Scope is the space-separated form (RFC 9068 section 2.2.3).
func (t *AccessToken) Scope() string { return strings.Join(t.Scopes, " ") }

package core

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// assertionType is RFC 7523 section 2.2's client_assertion_type.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// SlowVerifier checks an operator-chosen secret against its slow hash, behind a queue.
type SlowVerifier interface {
	Verify(ctx context.Context, phc, secret string) (ok, rehash bool, err error)
}

// Authn authenticates clients at every back-channel endpoint (RFC 6749 section 2.3, OpenID Connect Core section 9). It has one table, so that no
// endpoint has weaker rules than another.
type Authn struct {
	Clients      *Clients
	Ring         Ring
	Vault        Vault
	Slow         SlowVerifier
	Certificates Certificates
	Replays      storage.Replays
	Writer       storage.ClientWriter
	Audit        Auditor
	Now          func() time.Time
	Tenant       storage.ID
	Issuer       string
	Alias        string // where the endpoints are reached with a certificate, like the issuer; "" if nowhere else
	Config       Config
	Limits       ClientLimits // nil: there are none
	Verdicts     func(ctx context.Context, table string, vs []verdict.Verdict)
}

// AuthnRequest is one attempt of a client to say who it is.
type AuthnRequest struct {
	HTTP     *http.Request
	Header   http.Header
	Form     url.Values
	Endpoint string // URL of the endpoint, accepted as an assertion's audience

	a      *Authn
	basic  *basicCredentials
	Client *Client
}

type basicCredentials struct{ id, secret string }

// Basic reports whether the client tried HTTP Basic.
func (r *AuthnRequest) Basic() bool { return r.basic != nil }

// AuthnRows is the table of client authentication.
func AuthnRows() []Row[AuthnRequest] {
	return []Row[AuthnRequest]{
		{"client.authorization_header", checkAuthorizationHeader},
		{"client.one_method", checkOneMethod},
		{"client.same_id", checkSameClientID},
		{"client.known", checkClientKnown},
		{"client.enabled", checkClientEnabled},
		{"client.registered_method", checkRegisteredMethod},
		{"client.secret", checkClientSecret},
		{"client.assertion", checkClientAssertion},
		{"client.certificate", checkClientCertificate},
		{"client.limit", checkClientLimit},
	}
}

var authnTable = AuthnRows() // made once: a request only reads it

// Authenticate returns the client, or a refusal.
func (a *Authn) Authenticate(ctx context.Context, r *AuthnRequest) (*Client, error) {
	r.a = a
	vs, err := Run(ctx, authnTable, r)
	if err != nil {
		a.Verdicts(ctx, "client", vs)
		return nil, err
	}
	return r.Client, nil
}

// checkAuthorizationHeader reads Basic credentials: one header, one scheme, one space (TK42), both parts form-encoded (RFC 6749 section 2.3.1).
func checkAuthorizationHeader(_ context.Context, r *AuthnRequest) error {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 {
		return InvalidRequest("More than one Authorization header.", "one Authorization header", "several")
	}
	scheme, rest, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Basic") || strings.ContainsAny(rest, " ,\t") {
		r.basic = &basicCredentials{}
		return InvalidClient("the Basic scheme with one credential", "another header")
	}
	id, secret, ok := decodeBasic(rest)
	r.basic = &basicCredentials{id: id, secret: secret}
	if !ok {
		return InvalidClient("Basic credentials, both parts form-encoded", "others")
	}
	return nil
}

func checkOneMethod(_ context.Context, r *AuthnRequest) error {
	n := 0
	for _, used := range []bool{r.basic != nil, r.Form.Get("client_secret") != "", r.Form.Get("client_assertion")+r.Form.Get("client_assertion_type") != ""} {
		if used {
			n++
		}
	}
	if n > 1 {
		return InvalidRequest("More than one client authentication method in one request.", "one method (RFC 6749 section 2.3)", "several")
	}
	return nil
}

func checkSameClientID(_ context.Context, r *AuthnRequest) error {
	if id := r.Form.Get("client_id"); r.basic != nil && id != "" && id != r.basic.id {
		return InvalidClient("one client_id", "two")
	}
	return nil
}

func checkClientKnown(ctx context.Context, r *AuthnRequest) error {
	id := r.claimedID()
	if id == "" || len(id) > 512 {
		return InvalidClient("a client_id", "none")
	}
	c, err := r.a.Clients.ByClientID(ctx, id)
	if errs.CodeOf(err) == errs.NotFound {
		r.a.ring404(r) // the same work as for a known client (TK08)
		return InvalidClient("a registered client", "an unknown one")
	}
	r.Client = c
	return err
}

// claimedID is who the request says it is, wherever it says so.
func (r *AuthnRequest) claimedID() string {
	switch {
	case r.basic != nil:
		return r.basic.id
	case r.Form.Get("client_id") != "":
		return r.Form.Get("client_id")
	}
	return unverifiedSubject(r.Form.Get("client_assertion"))
}

func checkClientEnabled(_ context.Context, r *AuthnRequest) error {
	if r.Client.Disabled {
		return InvalidClient("an enabled client", r.Client.Disabledness())
	}
	return nil
}

// checkRegisteredMethod refuses every method but the registered one (OpenID Connect Registration section 2). A certificate is part of the connection,
// so a request that authenticates by one carries nothing else.
func checkRegisteredMethod(_ context.Context, r *AuthnRequest) error {
	if used := r.methods(); !slices.Contains(used, r.Client.AuthMethod) {
		return InvalidClient(r.Client.AuthMethod, strings.Join(used, " or "))
	}
	return nil
}

// methods are those that the request can be meant as.
func (r *AuthnRequest) methods() []string {
	switch {
	case r.basic != nil:
		return []string{AuthSecretBasic}
	case r.Form.Get("client_secret") != "":
		return []string{AuthSecretPost}
	case r.Form.Get("client_assertion")+r.Form.Get("client_assertion_type") != "":
		return []string{AuthPrivateKeyJWT, AuthSecretJWT}
	}
	return []string{AuthNone, AuthTLS, AuthSelfSignedTLS}
}

// checkClientCertificate judges the certificate of a client that authenticates by one (RFC 8705 section 2).
func checkClientCertificate(ctx context.Context, r *AuthnRequest) error {
	if r.Client.AuthMethod != AuthTLS && r.Client.AuthMethod != AuthSelfSignedTLS {
		return nil
	}
	chain, err := r.a.Certificates.Presented(r.HTTP)
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return InvalidClient("a client certificate", "none")
	}
	return r.a.Certificates.Authenticates(ctx, r.Client, chain)
}

// AuthMethods are the authentication methods that need no certificate.
func AuthMethods() []string {
	return []string{AuthSecretBasic, AuthSecretPost, AuthSecretJWT, AuthPrivateKeyJWT, AuthNone}
}

func hasSecret(c *Client) bool {
	return slices.Contains([]string{AuthSecretBasic, AuthSecretPost}, c.AuthMethod)
}

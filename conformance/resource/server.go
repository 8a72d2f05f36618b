package resource

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxAnswer bounds what is read of an introspection answer.
const maxAnswer = 64 << 10

// Config is what a server is told of itself and of the provider.
type Config struct {
	// URL is the address under which clients reach the resource, as in a proof's htu.
	URL string
	// Introspection is the provider's introspection endpoint, and ID and Secret what this server authenticates with there.
	Introspection string
	ID            string
	Secret        string
	// Scope is what a token must have.
	Scope string
	// HTTP reaches the provider.
	HTTP *http.Client
	Now  func() time.Time
}

// Server answers GET requests that have a token.
type Server struct {
	c      Config
	proofs proofs
}

// New returns a server.
func New(c Config) *Server {
	return &Server{c: c, proofs: proofs{url: c.URL, now: c.Now, seen: map[string]time.Time{}}}
}

// refusal is a token that does not count, in the words of RFC 6750 section 3.1 and RFC 9449 section 7.1.
type refusal struct {
	status int
	code   string
	dpop   bool
}

// Error implements error.
func (r *refusal) Error() string { return r.code }

func refuse(code string) error { return &refusal{status: http.StatusUnauthorized, code: code} }

// introspection is what of RFC 7662 section 2.2 counts here.
type introspection struct {
	Active bool   `json:"active"`
	Scope  string `json:"scope"`
	Cnf    struct {
		JKT  string `json:"jkt"`
		X5TS string `json:"x5t#S256"`
	} `json:"cnf"`
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id := r.Header.Get(interaction); regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`).MatchString(id) {
		w.Header().Set(interaction, id) // FAPI 1.0 Part 1 section 6.2.1
	}
	err := s.admit(r)
	var no *refusal
	switch {
	case errors.As(err, &no):
		scheme := "Bearer"
		if no.dpop {
			scheme = `DPoP algs="ES256 PS256 EdDSA",`
		}
		w.Header().Set("WWW-Authenticate", scheme+` error="`+no.code+`"`)
		w.WriteHeader(no.status)
	case err != nil:
		w.WriteHeader(http.StatusBadGateway)
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, `{"accounts":[{"id":"1","currency":"EUR"}]}`+"\n")
	}
}

const interaction = "X-Fapi-Interaction-Id"

func (s *Server) admit(r *http.Request) error {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token == "" {
		return refuse("invalid_request")
	}
	got, err := s.introspect(r.Context(), token)
	if err != nil {
		return err
	}
	if !got.Active {
		return refuse("invalid_token")
	}
	if err := s.bound(r, scheme, token, got); err != nil {
		return err
	}
	if !slices.Contains(strings.Fields(got.Scope), s.c.Scope) {
		return &refusal{status: http.StatusForbidden, code: "insufficient_scope"}
	}
	return nil
}

// bound asks for the key behind the token. One that is bound to nothing is not for this resource.
func (s *Server) bound(r *http.Request, scheme, token string, got introspection) error {
	switch {
	case got.Cnf.JKT != "":
		if !strings.EqualFold(scheme, "DPoP") {
			return &refusal{status: http.StatusUnauthorized, code: "invalid_token", dpop: true}
		}
		jkt, err := s.proofs.judge(r, token)
		if err != nil {
			return &refusal{status: http.StatusUnauthorized, code: "invalid_dpop_proof", dpop: true}
		}
		if jkt != got.Cnf.JKT {
			return &refusal{status: http.StatusUnauthorized, code: "invalid_token", dpop: true}
		}
		return nil
	case got.Cnf.X5TS != "" && strings.EqualFold(scheme, "Bearer") && r.TLS != nil && len(r.TLS.PeerCertificates) > 0:
		sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
		if base64.RawURLEncoding.EncodeToString(sum[:]) == got.Cnf.X5TS {
			return nil
		}
	}
	return refuse("invalid_token")
}

func (s *Server) introspect(ctx context.Context, token string) (got introspection, err error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.c.Introspection, strings.NewReader(form.Encode()))
	if err != nil {
		return got, fmt.Errorf("the introspection endpoint: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(s.c.ID), url.QueryEscape(s.c.Secret))
	res, err := s.c.HTTP.Do(req)
	if err != nil {
		return got, fmt.Errorf("introspect: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return got, fmt.Errorf("introspect: the provider answered %d", res.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&got); err != nil {
		return got, fmt.Errorf("introspect: %w", err)
	}
	return got, nil
}

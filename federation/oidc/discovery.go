package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// metadata is what is read of a provider's discovery document (OpenID Connect Discovery section 3, RFC 9207 section 3).
type metadata struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Userinfo      string `json:"userinfo_endpoint"`
	JWKS          string `json:"jwks_uri"`
	SaysIssuer    bool   `json:"authorization_response_iss_parameter_supported"`
	PAR           string `json:"pushed_authorization_request_endpoint"` // RFC 9126 section 5
	NeedsPAR      bool   `json:"require_pushed_authorization_requests"`
	Registration  string `json:"registration_endpoint"`
	EndSession    string `json:"end_session_endpoint"` // OpenID Connect RP-Initiated Logout section 2.1
	Mutual        struct {
		Token    string `json:"token_endpoint"`
		Userinfo string `json:"userinfo_endpoint"`
		PAR      string `json:"pushed_authorization_request_endpoint"`
	} `json:"mtls_endpoint_aliases"` // RFC 8705 section 5
}

// mutual takes the addresses at which certificates are asked for.
func (m *metadata) mutual() {
	for at, alias := range map[*string]string{&m.Token: m.Mutual.Token, &m.Userinfo: m.Mutual.Userinfo, &m.PAR: m.Mutual.PAR} {
		if alias != "" {
			*at = alias
		}
	}
}

// stale is how long an old copy of what a provider publishes stands in while there is no new one.
const stale = 24 * time.Hour

// discover reads the provider's document. One that names another issuer is not believed, nor one whose endpoints are less protected than it.
func (c *connector) discover(ctx context.Context) (*metadata, error) {
	address := strings.TrimSuffix(c.c.Issuer, "/") + "/.well-known/openid-configuration"
	doc, err := c.ask.Document(ctx, fetch.DocumentRequest{URL: address, Stale: stale})
	if err != nil {
		return nil, away(err)
	}
	m := new(metadata)
	if err := json.Unmarshal(doc.Body, m); err != nil {
		return nil, away(err)
	}
	if c.c.keys.tls != nil {
		m.mutual()
	}
	return m, unsound(judge(ctx, &attempt{c: c, m: m}, rowsDiscovery()))
}

// rowsDiscovery are about what a provider publishes (OpenID Connect Discovery section 4.3).
func rowsDiscovery() []row {
	return []row{
		{Name: "oidc_discovery.issuer", Reason: "issuer", Check: checkDocument},
		{Name: "oidc_discovery.endpoints", Reason: "endpoints", Check: checkEndpoints},
	}
}

// unsound makes a refusal of what a provider publishes one of the provider: nobody who signs in has done anything wrong.
func unsound(err error) error {
	if no, is := errors.AsType[*federation.Refusal](err); is {
		return away(&federation.Unsound{Check: no.Check, Expected: no.Expected, Received: no.Received})
	}
	return err
}

func checkDocument(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.m.Issuer != t.c.c.template.document(t.c.c) {
		received = "another"
	}
	return "a discovery document that names this issuer", received, nil
}

// checkEndpoints wants those that a sign-in needs.
func checkEndpoints(_ context.Context, t *attempt) (expected, received string, err error) {
	needed := []string{t.m.Authorization, t.m.Token, t.m.JWKS}
	if t.c.pushes(t.m) {
		needed = append(needed, t.m.PAR)
	}
	if slices.ContainsFunc(needed, func(endpoint string) bool { return !t.c.fit(endpoint) }) {
		received = "none, or one that is not https"
	}
	return "every endpoint by https", received, nil
}

// pushes says whether requests are pushed.
func (c *connector) pushes(m *metadata) bool { return c.c.PAR || m.NeedsPAR }

// fit wants an absolute URL that is as protected as the issuer.
func (c *connector) fit(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(c.c.Issuer, "http://"))
}

// away is every failure of the provider that is no word about the person: they can try again.
func away(err error) error {
	return errs.Wrap(errs.Unavailable, "The other sign-in service does not answer as it should. Try again later, or sign in another way.", err)
}

// key is one of a provider's.
type key struct {
	jose.JSONWebKey
	said struct {
		Issuer string `json:"issuer"` // for whose tokens it is; Entra ID says so, which has one set for all tenants
	}
}

// keySet is the provider's keys, asked for anew, at most once a minute, when renew says that one is missing.
func (c *connector) keySet(ctx context.Context, m *metadata, renew bool) ([]key, error) {
	doc, err := c.ask.Document(ctx, fetch.DocumentRequest{URL: m.JWKS, Stale: stale, Renew: renew, MaxBytes: 128 << 10})
	if err != nil {
		return nil, away(err)
	}
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(doc.Body, &raw); err != nil {
		return nil, away(err)
	}
	var set []key
	for _, one := range raw.Keys[:min(len(raw.Keys), maxKeys)] {
		var k key
		if json.Unmarshal(one, &k.JSONWebKey) == nil && json.Unmarshal(one, &k.said) == nil && k.Valid() && k.IsPublic() && (k.Use == "" || k.Use == "sig") { // one of a kind that nobody here knows is no reason to refuse the others
			set = append(set, k)
		}
	}
	return set, nil
}

// maxKeys bounds the keys of one provider that are looked at.
const maxKeys = 64

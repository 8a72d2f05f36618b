package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Whom a token of another issuer is about.
const (
	MapSub     = "sub"     // the person whose sub is the token's
	MapEmail   = "email"   // the person whose verified address is the token's verified one
	MapService = "service" // nobody: the client itself, if the token's sub is listed
)

// IssuerConfig is another issuer whose JWTs count here, for clients whose registration names it.
type IssuerConfig struct {
	Issuer     string   `config:"issuer" doc:"The tokens' iss."`
	JWKS       string   `config:"jwks" doc:"The issuer's public keys, as JSON. Either this or jwks_uri."`
	JWKSURI    string   `config:"jwks_uri" doc:"Where the issuer publishes its keys, https."`
	Algorithms []string `config:"algorithms" default:"[\"RS256\",\"PS256\",\"ES256\",\"EdDSA\"]" doc:"Algorithms that it signs with."`
	Audiences  []string `config:"audiences" doc:"Token exchange takes its tokens if aud has one of these. Empty: only assertions that are made for this server are taken."`
	Subject    string   `config:"subject" doc:"Whom its tokens are about: sub (the person here with that sub), email (the person here with that verified address), service (nobody: the client itself)."`
	Services   []string `config:"services" doc:"With subject service: each sub that is taken."`
	Scopes     []string `config:"scopes" doc:"Scopes that a token made of its tokens may have, if the client is registered for them."`
}

// issuerAlgs are the algorithms that other issuers may sign with.
func issuerAlgs() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

func (c IssuerConfig) validate() error {
	if strings.TrimSpace(c.Issuer) == "" {
		return errors.New("issuer is missing")
	}
	if (c.JWKS == "") == (c.JWKSURI == "") {
		return errors.New("either jwks or jwks_uri is needed")
	}
	if c.JWKSURI != "" && !strings.HasPrefix(c.JWKSURI, "https://") {
		return errors.New("jwks_uri must be https")
	}
	for _, alg := range c.Algorithms {
		if !slices.Contains(issuerAlgs(), alg) {
			return errors.New("algorithms: one is unknown or symmetric")
		}
	}
	if !slices.Contains([]string{MapSub, MapEmail, MapService}, c.Subject) {
		return errors.New("subject must be sub, email or service")
	}
	if (c.Subject == MapService) != (len(c.Services) > 0) {
		return errors.New("services goes with subject service, and that with it")
	}
	if slices.Contains(c.Scopes, "offline_access") {
		return errors.New("scopes: offline_access is not to be had by another issuer's word")
	}
	if c.JWKS == "" {
		return nil
	}
	_, err := ParseKeySet(json.RawMessage(c.JWKS))
	return err
}

func validateIssuers(list []IssuerConfig) error {
	var bad []error
	for i, c := range list {
		err := c.validate()
		if err == nil && slices.ContainsFunc(list[:i], func(o IssuerConfig) bool { return o.Issuer == c.Issuer }) {
			err = errors.New("the issuer is listed twice")
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("trusted_issuers[%d]: %w", i, err))
		}
	}
	return errors.Join(bad...)
}

// IssuerNames are the iss of the trusted issuers.
func (c Config) IssuerNames() []string {
	var out []string
	for _, i := range c.TrustedIssuers {
		out = append(out, i.Issuer)
	}
	return out
}

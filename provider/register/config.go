package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
)

// Modes of dynamic registration.
const (
	ModeOff   = "off"
	ModeToken = "token"
	ModeOpen  = "open"
)

// Config says who may register clients over the network (RFC 7591), and what. The zero value is off.
type Config struct {
	Mode             string             `config:"mode" default:"off" doc:"Who may register clients at /oauth2/register: off (nobody), token (who has an initial access token), open (anybody)."`
	Scopes           []string           `config:"scopes" default:"[\"openid\",\"profile\",\"email\",\"address\",\"phone\",\"offline_access\"]" doc:"Scopes that such clients may have. They get all of them unless they ask for fewer; others are left out."`
	GrantTypes       []string           `config:"grant_types" default:"[\"authorization_code\",\"refresh_token\"]" doc:"Grant types that such clients may have. client_credentials lets whoever registers get tokens without any person."`
	Resources        []string           `config:"resources" doc:"Resources (RFC 8707) that such clients may name. Each must be registered."`
	PerHour          int                `config:"per_hour" default:"20" doc:"Registrations without an initial access token that one address may make in an hour."`
	Unused           time.Duration      `config:"unused_after" default:"168h" doc:"A client that a stranger registered is removed when nobody has authorized it for so long. 0 keeps it."`
	MaxClients       int                `config:"max_clients" default:"10000" doc:"Most clients that registered themselves at a time."`
	Statements       []StatementsConfig `config:"software_statements" doc:"Who may vouch for clients with software statements (RFC 7591 section 2.3). Empty: no statement is believed."`
	RequireStatement bool               `config:"require_statement" default:"false" doc:"Register only clients with a software statement."`
	Profile          string             `config:"profile" doc:"Profile that clients that register or describe themselves are put under, such as mcp. Empty: the one that they name, if any."`
	Documents        []string           `config:"client_document_hosts" doc:"Hosts whose client ID metadata documents are taken: client_id is the document's URL. app.example.com, *.example.com for all below it, or * for any. Empty: none."`
}

// StatementsConfig is an issuer of software statements.
type StatementsConfig struct {
	Issuer  string `config:"issuer" doc:"The statements' iss."`
	JWKS    string `config:"jwks" doc:"The issuer's public keys, as JSON. Either this or jwks_uri."`
	JWKSURI string `config:"jwks_uri" doc:"Where the issuer publishes its keys."`
}

// On reports whether anybody may register.
func (c Config) On() bool { return c.Mode == ModeToken || c.Mode == ModeOpen }

// Validate refuses what contradicts itself or could not be kept.
func (c Config) Validate() error {
	if (c.Mode == "" || c.Mode == ModeOff) && len(c.Documents) == 0 {
		return nil
	}
	var errs []error
	check := func(ok bool, msg string) {
		if !ok {
			errs = append(errs, errors.New(msg))
		}
	}
	check(slices.Contains([]string{"", ModeOff, ModeToken, ModeOpen}, c.Mode), "mode must be off, token or open")
	for _, h := range c.Documents {
		check(h == "*" || nameHost(strings.TrimPrefix(h, "*.")) == "", "client_document_hosts must be host names in lower case, *.names below one, or *")
	}
	check(c.Profile == "" || slices.Contains(profiles.Names(), c.Profile), "profile must be "+words(profiles.Names(), "or"))
	check(c.PerHour > 0, "per_hour must be at least 1")
	check(c.Unused >= 0, "unused_after must not be negative")
	check(c.MaxClients > 0, "max_clients must be at least 1")
	check(judgeScopes(c.Scopes) == "", "scopes must be different scopes of RFC 6749 section 3.3")
	check(len(c.GrantTypes) > 0, "grant_types must not be empty")
	for _, g := range c.GrantTypes {
		check(slices.Contains(grantTypes(), g), "grant_types: "+g+" is not one of "+words(grantTypes(), "or"))
	}
	check(!c.RequireStatement || len(c.Statements) > 0, "require_statement needs software_statements")
	for i, s := range c.Statements {
		if err := s.validate(); err != nil {
			errs = append(errs, fmt.Errorf("software_statements[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

func (s StatementsConfig) validate() error {
	switch {
	case strings.TrimSpace(s.Issuer) == "":
		return errors.New("issuer is missing")
	case (s.JWKS == "") == (s.JWKSURI == ""):
		return errors.New("either jwks or jwks_uri is needed")
	case s.JWKSURI != "":
		if wrong := judgeURI(s.JWKSURI, publishedRules()); wrong != "" {
			return errors.New("jwks_uri " + wrong)
		}
		return nil
	}
	_, err := core.ParseKeySet(json.RawMessage(s.JWKS))
	return err
}

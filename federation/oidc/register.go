package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

var _ federation.Registrant = (*Kind)(nil)

// registered is what a provider answers to a registration (RFC 7591 section 3.2.1).
type registered struct {
	ClientID string `json:"client_id"`
	Secret   string `json:"client_secret"`
	Expires  int64  `json:"client_secret_expires_at"`
	Method   string `json:"token_endpoint_auth_method"`
}

// Register implements federation.Registrant (RFC 7591, OpenID Connect Dynamic Client Registration section 3). What comes of it is a config as an
// operator would have written it who had registered us by hand. initial_access_token, where the provider wants one, is used here and kept nowhere.
func (k *Kind) Register(ctx context.Context, config json.RawMessage, us federation.Ourselves) (json.RawMessage, error) {
	var members map[string]any
	if json.Unmarshal(config, &members) != nil || members["register"] != true {
		return config, nil // Make says what is wrong, if anything is
	}
	if members["client_id"] != nil {
		return nil, errs.New(errs.Invalid, "register is for a connector that has no client_id yet.")
	}
	token, _ := members["initial_access_token"].(string)
	delete(members, "register")
	delete(members, "initial_access_token")
	c, err := k.candidate(members)
	if err != nil {
		return nil, err
	}
	got, err := c.register(ctx, us, token)
	if err != nil {
		return nil, err
	}
	members["client_id"] = got.ClientID
	if c.usesSecret() {
		members["client_secret"] = got.Secret
	}
	return json.Marshal(members)
}

// candidate is the connector as it will be, with keys of its own, which are added to the members.
func (k *Kind) candidate(members map[string]any) (*connector, error) {
	if members["token_endpoint_auth_method"] == nil {
		members["token_endpoint_auth_method"] = methodBasic
	}
	own := map[string]string{}
	for _, name := range k.Secrets() {
		if text, is := members[name].(string); is {
			own[name] = text
		}
	}
	raw, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	if err := k.MakeOwn(raw, own); err != nil {
		return nil, err
	}
	for name, text := range own {
		members[name] = text
	}
	plain := map[string]any{"client_id": "unknown yet"}
	for name, value := range members {
		if !slices.Contains(k.Secrets(), name) {
			plain[name] = value
		}
	}
	if usesSecret(members["token_endpoint_auth_method"]) {
		own["client_secret"] = "unknown yet"
	}
	if raw, err = json.Marshal(plain); err != nil {
		return nil, err
	}
	made, err := k.Make(federation.Setup{Config: raw, Secrets: own})
	if err != nil {
		return nil, err
	}
	c, _ := made.(*connector)
	return c, nil
}

func usesSecret(method any) bool { return method == methodBasic || method == methodPost }

func (c *connector) usesSecret() bool { return usesSecret(c.c.AuthMethod) }

// register asks the provider to know us.
func (c *connector) register(ctx context.Context, us federation.Ourselves, token string) (*registered, error) {
	m, err := c.discover(ctx)
	if err != nil {
		return nil, err
	}
	if !c.fit(m.Registration) {
		return nil, errs.New(errs.Invalid, "This provider takes no registrations, or not by https.")
	}
	body, err := json.Marshal(c.metadata(us))
	if err != nil {
		return nil, err
	}
	h := accept()
	h.Set("Content-Type", jsonType)
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	answer, err := c.proven.Do(ctx, fetch.Request{Method: http.MethodPost, URL: m.Registration, Header: h, Body: body, MaxBytes: maxAnswer})
	if err != nil {
		return nil, away(err)
	}
	return c.enrolled(ctx, answer)
}

// metadata is what the provider is told (RFC 7591 section 2).
func (c *connector) metadata(us federation.Ourselves) map[string]any {
	grants := []string{"authorization_code"}
	if c.c.ResponseType == hybrid {
		grants = append(grants, "implicit") // OpenID Connect Dynamic Client Registration section 2
	}
	if c.c.Offline {
		grants = append(grants, "refresh_token")
	}
	out := map[string]any{
		"client_name": us.Title, "application_type": "web", "redirect_uris": []string{us.Callback}, "grant_types": grants, "response_types": []string{c.c.ResponseType},
		"token_endpoint_auth_method": c.c.AuthMethod, "backchannel_logout_uri": us.Backchannel, "post_logout_redirect_uris": []string{us.SignedOut},
	}
	if len(c.c.keys.public.Keys) > 0 {
		out["jwks"] = c.c.keys.public // by value: it must be known before anybody can fetch it here
	}
	if c.c.Frontchannel {
		out["frontchannel_logout_uri"], out["frontchannel_logout_session_required"] = us.Frontchannel, true
	}
	if c.c.DPoP {
		out["dpop_bound_access_tokens"] = true // RFC 9449 section 5.2
	}
	if len(c.c.Algs) < len(algs()) {
		out["id_token_signed_response_alg"] = c.c.Algs[0]
	}
	if c.c.RequestURI {
		out["request_object_signing_alg"] = string(c.c.keys.sign.Algorithm)
	}
	if c.c.SignedUserinfo {
		out["userinfo_signed_response_alg"] = c.c.Algs[0]
	}
	if c.c.Encrypted {
		out["id_token_encrypted_response_alg"], out["id_token_encrypted_response_enc"] = "ECDH-ES", "A256GCM"
	}
	return out
}

// enrolled reads the answer. What does not fit is told to whoever makes the connector, and nothing is kept of it.
func (c *connector) enrolled(ctx context.Context, answer *fetch.Response) (*registered, error) {
	t := &enrolment{c: c, answer: answer}
	if err := federation.Judge(ctx, t, rowsRegistration()); err != nil {
		if no, is := err.(*federation.Refusal); is { //nolint:errorlint // Judge's own
			return nil, errs.Wrap(errs.Invalid, "The provider does not register us: expected was "+no.Expected+", received "+no.Received+".", err)
		}
		return nil, err
	}
	return &t.said, nil
}

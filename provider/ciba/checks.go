package ciba

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Bounds of a request.
const (
	maxLife     = 15 * time.Minute
	maxMessage  = 100 // characters of a binding_message
	minNotify   = 22  // characters of a client_notification_token: 128 bits in base64
	maxNotify   = 1024
	maxHintSize = 320
)

// parameters of an authentication request (section 7.1); in a signed one they stand inside only.
func parameters() []string {
	return []string{
		"scope", "client_notification_token", "acr_values", "login_hint_token", "id_token_hint", "login_hint", "binding_message", "user_code",
		"requested_expiry", "resource", "authorization_details",
	}
}

func checkClient(ctx context.Context, r *request) (err error) {
	r.client, err = r.e.d.Authn.Authenticate(ctx, r.authn)
	return err
}

// checkAllowed: anybody could bother people in a public client's name.
func checkAllowed(_ context.Context, r *request) error {
	if r.client.Public() || !r.client.MayUse(GrantType) {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client is not registered for this grant type.", GrantType, "others")
	}
	return nil
}

// checkSigned: a client that is registered for signed requests sends no others, and the other way round (section 4).
func checkSigned(_ context.Context, r *request) error {
	want, got := r.client.Metadata.BackchannelRequestAlg != "", r.form.Get("request") != ""
	switch {
	case want && !got:
		return core.InvalidRequest("The client is registered for signed requests.", "a request parameter", "none")
	case got && !want:
		return core.InvalidRequest("The client is not registered for signed requests.", "no request parameter", "one")
	}
	return nil
}

// checkNothingOutside: beside a signed request stands only what authenticates the client (section 7.1.1).
func checkNothingOutside(_ context.Context, r *request) error {
	if r.form.Get("request") == "" {
		return nil
	}
	for _, name := range parameters() {
		if r.form.Has(name) {
			return core.InvalidRequest("Beside a signed request no other parameter of it may stand.", "parameters inside only", name)
		}
	}
	return nil
}

// checkRequestObject opens a signed request; only its parameters count.
func checkRequestObject(ctx context.Context, r *request) (err error) {
	object := r.form.Get("request")
	if object == "" {
		r.params = r.form
		return nil
	}
	if r.signed, err = r.e.d.Objects.Backchannel(ctx, r.client, object); err != nil {
		return err
	}
	r.params = r.signed.Params
	return nil
}

// checkScope: it is OpenID Connect, so openid is among them (section 7.1).
func checkScope(_ context.Context, r *request) (err error) {
	if r.scopes, err = core.RequestedScopes(r.client, r.get("scope")); err != nil {
		return err
	}
	if !slices.Contains(r.scopes, "openid") {
		return core.InvalidScope("openid among the scopes", "none")
	}
	return nil
}

func checkResource(ctx context.Context, r *request) (err error) {
	r.resources, err = r.e.d.Issuance.Resources.Requested(ctx, r.client, r.client.Named(r.params["resource"]))
	return err
}

// checkNotificationToken: in ping mode the client says what its endpoint knows us by (section 7.1).
func checkNotificationToken(_ context.Context, r *request) error {
	if r.client.Metadata.BackchannelDelivery != Ping {
		return nil
	}
	token := r.get("client_notification_token")
	if len(token) < minNotify || len(token) > maxNotify || !bearerToken(token) {
		return core.InvalidRequest("The client_notification_token is missing or is no bearer token of 22 to 1024 characters.", "a token of 128 bits or more", "another or none")
	}
	return nil
}

// bearerToken is RFC 6750 section 2.1's b64token.
func bearerToken(s string) bool {
	body := strings.TrimRight(s, "=")
	return body != "" && !strings.ContainsFunc(body, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~+/", c)
	})
}

// checkBindingMessage takes a short line of plain text: the person compares it with what the client shows (section 7.1).
func checkBindingMessage(_ context.Context, r *request) error {
	m := r.get("binding_message")
	if utf8.RuneCountInString(m) > maxMessage || !utf8.ValidString(m) || strings.ContainsFunc(m, unreadable) || m != "" && strings.TrimSpace(m) == "" {
		return core.Refuse(problem("invalid_binding_message"), "The binding_message is not one line of at most 100 letters, digits and punctuation marks.",
			"a short plain text", "another")
	}
	return nil
}

// unreadable are characters that a person cannot be expected to compare, or that could pass for a part of the page: pictures, controls, directions.
func unreadable(c rune) bool {
	return c != ' ' && !unicode.In(c, unicode.L, unicode.M, unicode.N, unicode.P, unicode.Sc, unicode.Sm)
}

// checkACR keeps the classes that mean something here and can be had, as for a browser's request.
func checkACR(_ context.Context, r *request) error {
	values := core.Words(r.get("acr_values"))
	if len(values) == 0 {
		values = slices.Clone(r.client.Metadata.DefaultACRValues)
	}
	values = slices.DeleteFunc(values, func(v string) bool { return !core.KnownACR(v) })
	if len(values) > 0 && !core.ReachableACR(values, r.e.d.Classes...) {
		return core.UnmetAuthentication("a supported acr", "others only")
	}
	r.acr = values
	return nil
}

// checkExpiry lets the client ask for a shorter or longer life (section 7.1), within our bounds.
func checkExpiry(_ context.Context, r *request) error {
	r.life = r.e.d.Lifetime
	v := r.get("requested_expiry")
	if v == "" {
		return nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n <= 0 {
		return core.InvalidRequest("The requested_expiry is not a positive number of seconds.", "a number of seconds", "another text")
	}
	r.life = min(time.Duration(min(n, 1<<20))*time.Second, maxLife)
	return nil
}

// checkUnused spends the jti of a signed request: the insert is the check.
func checkUnused(ctx context.Context, r *request) error {
	if r.signed == nil {
		return nil
	}
	fresh, err := r.e.d.Store.SpendOnce(ctx, &storage.Replay{
		Tenant: r.e.d.Tenant, Hash: core.LedgerHash("ciba_request", r.client.ClientID, r.signed.ID), ExpiresAt: r.signed.Expires.Add(r.e.d.Skew),
	})
	if err != nil {
		return err
	}
	if !fresh {
		return core.InvalidRequest("The signed request was used before.", "a jti that was not used", "a used one")
	}
	return nil
}

// problem is an error code that only this specification has (section 13).
func problem(code string) *fosite.RFC6749Error {
	return &fosite.RFC6749Error{ErrorField: code, CodeField: http.StatusBadRequest}
}

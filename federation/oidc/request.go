package oidc

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

var _ federation.RequestPublisher = (*connector)(nil)

const (
	requestType = "oauth-authz-req+jwt" // RFC 9101 section 10.8
	requestLife = 5 * time.Minute
)

// reference is what the browser brings where the provider fetches the request: what OpenID Connect Core section 6.2 wants beside it, and where it is.
func (c *connector) reference(w federation.Wish, request map[string]string) map[string]string {
	return map[string]string{
		"client_id": request["client_id"], "response_type": request["response_type"], "scope": request["scope"],
		"request_uri": strings.TrimSuffix(w.CallbackURL, "/callback") + "/requests/" + w.State,
	}
}

// RequestObject implements federation.RequestPublisher (RFC 9101 section 4, OpenID Connect Core section 6.1).
func (c *connector) RequestObject(_ context.Context, a federation.Arrival) (contentType string, body []byte, err error) {
	if !c.c.RequestURI {
		return "", nil, errs.New(errs.NotFound, "")
	}
	var k kept
	if err := json.Unmarshal(a.Kept, &k); err != nil {
		return "", nil, err
	}
	request, err := c.request(a.Wish, k)
	if err != nil {
		return "", nil, err
	}
	now := c.now()
	claims := map[string]any{"iss": c.c.ClientID, "aud": c.c.Issuer, "iat": now.Unix(), "exp": now.Add(requestLife).Unix(), "jti": random()}
	for name, value := range request {
		claims[name] = value
	}
	if age, err := strconv.Atoi(request["max_age"]); err == nil {
		claims["max_age"] = age // a number there (section 6.1)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", nil, err
	}
	object, err := signCompact(*c.c.keys.sign, payload, requestType)
	return "application/" + requestType, []byte(object), err
}

// validateRequest is about how requests go.
func (c *Config) validateRequest() error {
	switch {
	case !c.RequestURI && c.RequestAlg != "":
		return errs.New(errs.Invalid, "request_object_signing_alg goes with request_uri.")
	case !c.RequestURI:
		return nil
	case c.PAR:
		return errs.New(errs.Invalid, "request_uri is not for requests that are pushed.")
	case c.keys.sign == nil:
		return errs.New(errs.Invalid, "request_uri needs key, by which requests are signed.")
	}
	if c.RequestAlg != "" && !c.keys.signBy(jose.SignatureAlgorithm(c.RequestAlg)) {
		return errs.New(errs.Invalid, "request_object_signing_alg is ES256 for a key on P-256, PS256 or RS256 for an RSA key.")
	}
	return nil
}

// signBy makes the key that we sign with one for the algorithm; false when it does not fit. A key is for one algorithm alone (RFC 8725 section 3.1): the others
// see it in what is published.
func (o *ownKeys) signBy(alg jose.SignatureAlgorithm) bool {
	if o.sign.Algorithm != alg && (o.sign.Algorithm != jose.PS256 || alg != jose.RS256) {
		return false
	}
	was := o.sign.Algorithm
	o.sign.Algorithm = alg
	for i := range o.public.Keys { // that of the next one, too
		if o.public.Keys[i].Use == "sig" && o.public.Keys[i].Algorithm == string(was) {
			o.public.Keys[i].Algorithm = string(alg)
		}
	}
	return true
}

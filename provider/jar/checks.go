package jar

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// longest is how long an object may live under the strict rules, and how old its nbf may be (FAPI 1.0 Advanced section 5.2.2, FAPI 2.0 Message
// Signing section 5.3.1).
const longest = 60 * time.Minute

func checkOneForm(_ context.Context, r *object) error {
	if r.outer.Get("request") != "" && r.outer.Get("request_uri") != "" {
		return core.InvalidRequest("The parameters request and request_uri exclude each other.", "one of them", "both")
	}
	r.text = r.outer.Get("request")
	return nil
}

// checkReference fetches an object that is only referred to.
func checkReference(ctx context.Context, r *object) (err error) {
	uri := r.outer.Get("request_uri")
	if uri == "" {
		return nil
	}
	if r.o.References == nil {
		return core.Refuse(fosite.ErrRequestURINotSupported, "The request_uri parameter is not supported.", "no request_uri parameter", "one")
	}
	r.text, err = r.o.References.get(ctx, r.client, uri)
	return err
}

// checkEncryption opens an encrypted object. That proves nothing: what is inside must be signed (JW11).
func checkEncryption(_ context.Context, r *object) error {
	if !keys.IsEncrypted(r.text) {
		return nil
	}
	plain, h, err := r.o.Keys.Decrypt(r.text)
	if err != nil {
		return core.InvalidRequestObject("The request object cannot be decrypted.", "a JWE to a key of ours", "another")
	}
	m := r.client.Metadata
	if alg := m.RequestObjectEncryptionAlg; alg != "" && alg != h.Algorithm {
		return core.InvalidRequestObject("The request object is encrypted with another algorithm than registered.", alg, h.Algorithm)
	}
	if enc := m.RequestObjectEncryptionEnc; enc != "" && enc != h.Encryption {
		return core.InvalidRequestObject("The request object is encrypted with another algorithm than registered.", enc, h.Encryption)
	}
	r.text = string(plain)
	return nil
}

// checkSignature verifies the object with the client's keys and reads its claims; types of JWTs that are something else are refused (RFC 8725 section
// 3.11).
func checkSignature(ctx context.Context, r *object) error {
	h, raw, err := r.client.Verify(ctx, r.text, r.algs)
	if err != nil {
		return core.InvalidRequestObject("The request object is not signed as registered.", "a signature by a key of the client, "+strings.Join(r.algs, " or "), "another or none")
	}
	if t := strings.TrimPrefix(strings.ToLower(h.Type), "application/"); !slices.Contains([]string{"", "jwt", "oauth-authz-req+jwt"}, t) {
		return core.InvalidRequestObject("The JWT is not a request object.", "typ oauth-authz-req+jwt or JWT", "another typ")
	}
	if r.claims, err = keys.DecodeClaims(raw); err != nil {
		return core.InvalidRequestObject("The request object is not well-formed.", "one JSON object", "another text")
	}
	return nil
}

func checkParameters(_ context.Context, r *object) (err error) {
	r.params, err = parameters(r.claims)
	return err
}

// checkNested: an object refers to no other one (RFC 9101 section 4).
func checkNested(_ context.Context, r *object) error {
	for _, name := range []string{"request", "request_uri"} {
		if _, ok := r.claims[name]; ok {
			return core.InvalidRequestObject("A request object must not hold request or request_uri.", "neither", name)
		}
	}
	return nil
}

// checkClientID: the client that the request names is the one that signed (RFC 9101 section 6.3). OpenID Connect Core section 6.1 lets the object
// leave it out.
func checkClientID(_ context.Context, r *object) error {
	inside, present := r.claims["client_id"]
	if !present && !r.strict {
		r.params.Set("client_id", r.client.ClientID)
		return nil
	}
	if inside != r.client.ClientID {
		return core.InvalidRequestObject("The client_id in the request object is not the one outside.", "the same client_id", "another or none")
	}
	return nil
}

func checkIssuer(_ context.Context, r *object) error {
	iss, present := r.claims["iss"]
	if !present && !r.strict {
		return nil
	}
	if iss != r.client.ClientID {
		return core.InvalidRequestObject("The issuer of the request object is not the client.", "the client_id as iss", "another or none")
	}
	return nil
}

func checkAudience(_ context.Context, r *object) error {
	aud, present := r.claims["aud"]
	if !present && !r.strict {
		return nil
	}
	list, _ := aud.([]any)
	if aud != r.o.Issuer && !slices.Contains(list, any(r.o.Issuer)) {
		return core.InvalidRequestObject("The request object is not meant for this server.", "the issuer as aud", "another or none")
	}
	return nil
}

// checkTimes holds exp, nbf and iat, where they are, against the clock.
func checkTimes(_ context.Context, r *object) error {
	now, skew := r.o.Now(), r.o.Skew
	if exp, ok := keys.NumericDate(r.claims["exp"]); ok && !now.Before(exp) {
		return core.InvalidRequestObject("The request object has expired.", "a later exp", "an earlier one")
	}
	for _, name := range []string{"nbf", "iat"} {
		if at, ok := keys.NumericDate(r.claims[name]); ok && at.After(now.Add(skew)) {
			return core.InvalidRequestObject("The request object is not valid yet.", "an earlier "+name, "a later one")
		}
	}
	return nil
}

// checkLifetime is for clients under the strict rules: exp and nbf are there and near each other.
func checkLifetime(_ context.Context, r *object) error {
	if !r.strict {
		return nil
	}
	exp, hasExp := keys.NumericDate(r.claims["exp"])
	nbf, hasNbf := keys.NumericDate(r.claims["nbf"])
	switch {
	case !hasExp || !hasNbf:
		return core.InvalidRequestObject("The request object needs exp and nbf.", "exp and nbf", "one of them or none")
	case exp.Sub(nbf) > longest || r.o.Now().Sub(nbf) > longest:
		return core.InvalidRequestObject("The request object lives longer than 60 minutes.", "at most 60 minutes from nbf to exp", "more")
	}
	return nil
}

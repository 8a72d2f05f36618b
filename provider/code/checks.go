package code

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Genuine implements core.Genuine.
func (g *Grant) Genuine(r *core.TokenRequest) bool {
	_, ok := g.Tokens.ParseCode(r.Form.Get("code"))
	return ok
}

// checkAuthentic finds the grant that the code names. A forged code ends here without a query.
func checkAuthentic(ctx context.Context, r *request) error {
	code := r.Form.Get("code")
	if code == "" {
		return core.InvalidRequest("The code parameter is missing.", "a code", "none")
	}
	id, ok := r.g.Tokens.ParseCode(code)
	if !ok {
		return core.InvalidGrant("a code of ours", "another text")
	}
	grant, err := r.g.Reader.GrantByID(ctx, r.g.Tenant, id)
	if errs.CodeOf(err) == errs.NotFound {
		return core.InvalidGrant("a standing grant", "none")
	}
	if err != nil {
		return err
	}
	if grant.Code == storage.CodeNone {
		return core.InvalidGrant("a grant with a code", "one without")
	}
	r.grant = grant
	return nil
}

// checkClient comes before checkUnused: another client with a used code must not be able to end the grant (TK43).
func checkClient(_ context.Context, r *request) error {
	if r.grant.Client != r.Client.ID {
		return core.InvalidGrant("the client that the code was issued to", "another")
	}
	return nil
}

// checkUnused ends everything that was issued when a code comes back (RFC 6749 section 4.1.2).
func checkUnused(ctx context.Context, r *request) error {
	if r.grant.Code != storage.CodeRedeemed {
		return nil
	}
	if err := r.g.Redeemer.Revoke(ctx, r.grant, r.Client, "code_reuse"); err != nil {
		return err
	}
	return core.InvalidGrant("an unused code", "a used one")
}

func checkUnexpired(_ context.Context, r *request) error {
	if !r.g.Redeemer.Now().Before(r.grant.CodeExpires) {
		return core.InvalidGrant("an unexpired code", "an expired one")
	}
	return nil
}

// checkRedirectURI compares with the authorization request (RFC 6749 section 4.1.3); there it is always present here.
func checkRedirectURI(_ context.Context, r *request) error {
	if r.Form.Get("redirect_uri") != r.grant.RedirectURI {
		return core.InvalidGrant("the redirect_uri of the authorization request", "another or none")
	}
	return nil
}

// checkVerifier is RFC 7636 section 4.6 with RFC 9700 section 4.8.2: a verifier without a challenge is a downgrade.
func checkVerifier(_ context.Context, r *request) error {
	verifier, sent := r.Form.Get("code_verifier"), r.Form.Has("code_verifier")
	switch {
	case r.grant.Challenge == "" && !sent:
		return nil
	case r.grant.Challenge == "":
		return core.InvalidGrant("no code_verifier, since there was no code_challenge", "one")
	case !wellFormed(verifier):
		return core.InvalidGrant("a code_verifier of 43 to 128 unreserved characters", "another or none")
	}
	sum := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(r.grant.Challenge)) != 1 {
		return core.InvalidGrant("the code_verifier of the code_challenge", "another")
	}
	return nil
}

func wellFormed(verifier string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	for _, c := range []byte(verifier) {
		unreserved := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
		if !unreserved {
			return false
		}
	}
	return true
}

// checkKey wants the key that the authorization request named (RFC 9449 section 10).
func checkKey(_ context.Context, r *request) error {
	if !r.Binding.Proves(core.Binding{JKT: r.grant.DPoPJKT}) {
		return core.InvalidGrant("the key of dpop_jkt", "another or none")
	}
	return nil
}

// checkLive refuses a grant that was revoked, or whose person was locked or disabled, since the code was issued.
func checkLive(ctx context.Context, r *request) error {
	if !r.grant.Live(r.g.Redeemer.Now()) {
		return core.InvalidGrant("a live grant", "a revoked or expired one")
	}
	return r.g.Live.PersonActive(ctx, r.grant)
}

// checkPermitted refuses somebody who may not use the client any more.
func checkPermitted(ctx context.Context, r *request) error {
	return r.g.Live.PersonPermitted(ctx, r.Client, r.grant.Person)
}

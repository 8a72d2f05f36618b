package jar

import (
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// maxID is how long a jti may be, in bytes.
const maxID = 256

// rows is the table of signed authentication requests (OpenID Connect CIBA Core section 7.1.1): what a request object is to a browser's request, with
// every one of its claims required.
func rows() []core.Row[object] {
	return []core.Row[object]{
		{Name: "jar.ciba_signature", Check: checkSignature},
		{Name: "jar.ciba_parameters", Check: checkParameters},
		{Name: "jar.ciba_nested", Check: checkNested},
		{Name: "jar.ciba_issuer", Check: checkIssuer},
		{Name: "jar.ciba_audience", Check: checkAudience},
		{Name: "jar.ciba_times", Check: checkTimes},
		{Name: "jar.ciba_lifetime", Check: checkLifetime},
		{Name: "jar.ciba_identity", Check: checkIdentity},
	}
}

// Backchannel returns what a signed authentication request of the client says. Every refusal is invalid_request (section 13).
func (o *Objects) Backchannel(ctx context.Context, client *core.Client, text string) (*core.SignedRequest, error) {
	r := &object{o: o, client: client, text: text, algs: []string{client.Metadata.BackchannelRequestAlg}, strict: true}
	vs, err := core.Run(ctx, rows(), r)
	if err != nil {
		o.Log.Verdicts(ctx, "jar", vs)
		return nil, asInvalidRequest(err)
	}
	id, _ := r.claims["jti"].(string)
	exp, _ := keys.NumericDate(r.claims["exp"])
	return &core.SignedRequest{Params: r.params, ID: id, Expires: exp}, nil
}

func asInvalidRequest(err error) error {
	var r *core.Refusal
	if !errors.As(err, &r) {
		return err
	}
	return core.InvalidRequest(r.Err.DescriptionField, r.Expected, r.Received)
}

// checkIdentity wants iat and jti too; exp and nbf are checkLifetime's.
func checkIdentity(_ context.Context, r *object) error {
	if _, ok := keys.NumericDate(r.claims["iat"]); !ok {
		return core.InvalidRequestObject("The request object needs iat.", "iat", "none")
	}
	if id, _ := r.claims["jti"].(string); id == "" || len(id) > maxID {
		return core.InvalidRequestObject("The request object needs a jti of at most 256 bytes.", "a jti", "none or a longer one")
	}
	return nil
}

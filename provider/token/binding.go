package token

import (
	"context"
	"net/http"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkProof binds the tokens to come to the key of a DPoP proof, if there is one (RFC 9449 section 5). Whether the proof was used before is asked
// only of requests that could succeed, since that writes a row: a stranger knows the name of a public client, but has no code of ours.
func checkProof(ctx context.Context, r *request) error {
	p, err := r.e.proofs.Judge(ctx, &core.ProofRequest{HTTP: r.http, Path: path, Client: r.Client, Answer: r.answer})
	if err != nil || p == nil {
		return err
	}
	r.Binding.JKT = p.JKT
	if g, ok := r.kind.(core.Genuine); ok && r.Client.Public() && !g.Genuine(&r.TokenRequest) {
		return nil
	}
	return r.e.proofs.Spend(ctx, p)
}

// checkCertificate binds the tokens to come to the client's certificate, where the registration says so (RFC 8705 section 3.4).
func checkCertificate(_ context.Context, r *request) (err error) {
	if r.Client.Metadata.CertificateBound {
		r.Binding.X5T, err = core.Held(r.e.certificates, r.http)
	}
	return err
}

// checkBinding refuses a request whose tokens would be bound to less than the client's registration or profile demands.
func checkBinding(_ context.Context, r *request) error {
	m := &r.Client.Metadata
	switch {
	case m.DPoPBound && r.Binding.JKT == "":
		return core.InvalidDPoPProof("a DPoP proof, since the client's tokens are bound to a key", "none")
	case m.CertificateBound && r.Binding.X5T == "":
		return core.InvalidRequest("The client's tokens are bound to its certificate, and this request came without one.", "a client certificate", "none")
	case r.Client.Demands.Bound && r.Binding.IsZero():
		return core.InvalidRequest("The client's tokens must be bound to a key, and this request proves none.", "a DPoP proof or a certificate", "neither")
	}
	return nil
}

// path is the endpoint's below the issuer.
const path = "/oauth2/token"

// attempt builds what the rows judge.
func (e *Endpoint) attempt(r *http.Request, answer http.Header, form map[string][]string) *request {
	return &request{e: e, http: r, answer: answer, authn: core.ClientRequest(r, form, e.url), TokenRequest: core.TokenRequest{Form: form}}
}

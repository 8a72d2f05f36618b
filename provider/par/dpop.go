package par

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

const path = "/oauth2/par"

// checkProof ties the code to come to the key of a DPoP proof, as dpop_jkt would (RFC 9449 section 10.1). The two must not contradict each other.
func checkProof(ctx context.Context, r *request) (err error) {
	r.proof, err = r.e.d.Proofs.Judge(ctx, &core.ProofRequest{HTTP: r.http, Path: path, Client: r.client, Answer: r.answer})
	if err != nil || r.proof == nil {
		return err
	}
	if jkt := r.pushed.Params.Get("dpop_jkt"); jkt != "" && jkt != r.proof.JKT {
		return core.InvalidRequest("The dpop_jkt is not the key of the DPoP proof.", "the proof's key", "another")
	}
	r.pushed.Params.Set("dpop_jkt", r.proof.JKT)
	return nil
}

// spend makes the proof worthless for another request. It follows the row, whose number is bounded, since anybody can push in the name of a public
// client: the request_uri of a proof that was used before is told to nobody.
func (e *Endpoint) spend(ctx context.Context, r *request) error {
	if r.proof == nil {
		return nil
	}
	return e.d.Proofs.Spend(ctx, r.proof)
}

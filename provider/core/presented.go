package core

import (
	"context"
	"net/http"
	"strings"
)

// Presented is an access token as it came to a protected resource of ours, and how.
type Presented struct {
	Scheme string // TypeBearer or TypeDPoP
	*Verified
	ProofRequest
	Proofs       Proofs
	Certificates Certificates
}

// CheckScheme refuses a token that is bound to a key as a bearer token, and one that is not as a DPoP token (RFC 9449 section 7.2).
func (p *Presented) CheckScheme() error {
	if p.Scheme != p.Cnf.TokenType() {
		return InvalidToken("the scheme "+p.Cnf.TokenType(), p.Scheme)
	}
	return nil
}

// CheckProof wants a proof by the key that the token is bound to, made for this token and this request, and not used before.
func (p *Presented) CheckProof(ctx context.Context) error {
	if p.Cnf.JKT == "" {
		return nil
	}
	p.Client = p.Registered
	proof, err := p.Proofs.Judge(ctx, &p.ProofRequest)
	if err != nil {
		return err
	}
	if proof == nil {
		return InvalidDPoPProof("a DPoP proof", "none")
	}
	if !(Binding{JKT: proof.JKT}).Proves(Binding{JKT: p.Cnf.JKT}) {
		return InvalidToken("a proof by the key that the token is bound to", "another key's")
	}
	return p.Proofs.Spend(ctx, proof)
}

// CheckCertificate wants the certificate that the token is bound to (RFC 8705 section 3).
func (p *Presented) CheckCertificate() error {
	if p.Cnf.X5T == "" {
		return nil
	}
	held, err := Held(p.Certificates, p.HTTP)
	if err != nil {
		return err
	}
	if !(Binding{X5T: held}).Proves(Binding{X5T: p.Cnf.X5T}) {
		return InvalidToken("the certificate that the token is bound to", "another or none")
	}
	return nil
}

// WriteResourceError answers a request to a protected resource (RFC 6750 section 3, RFC 9449 section 7.1). Without a token there are only the
// challenges; a malformed request is named. dpop says that the token came as a DPoP token or is one, metadata where the resource describes itself (RFC
// 9728 section 5.1).
func WriteResourceError(w http.ResponseWriter, r *Refusal, hadToken, dpop bool, algs []string, metadata string) error {
	status, code := r.Err.CodeField, r.Err.ErrorField
	if status == http.StatusServiceUnavailable {
		return WriteError(w, r, false)
	}
	if code == codeDPoPProof || code == codeDPoPNonce {
		status, dpop = http.StatusUnauthorized, true
	}
	named := hadToken || status == http.StatusBadRequest
	bearer, bound := `Bearer realm="jedan-auth"`, `DPoP realm="jedan-auth"`
	detail := `, error="` + code + `", error_description="` + r.Err.DescriptionField + `"` + r.Challenge
	switch {
	case named && dpop:
		bound += detail
	case named:
		bearer += detail
	}
	bound += `, algs="` + strings.Join(algs, " ") + `"`
	challenges := []string{bearer, bound}
	if named && dpop {
		challenges = []string{bound}
	} else if named {
		challenges = []string{bearer}
	}
	for i := range challenges {
		challenges[i] += `, resource_metadata="` + metadata + `"`
	}
	w.Header()["Www-Authenticate"] = challenges
	if !named {
		return WriteBody(w, status, "application/json", []byte("{}"))
	}
	return WriteJSON(w, status, errorBody{Error: code, Description: r.Err.DescriptionField})
}

package core

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"time"
)

// ProofRequest is a request in which a client may prove by DPoP that it holds a key (RFC 9449 section 4).
type ProofRequest struct {
	HTTP   *http.Request
	Path   string      // of the endpoint below the issuer, such as /oauth2/token
	Client *Client     // authenticated, or the token's own
	Token  string      // at a protected resource: the access token; "" elsewhere
	Answer http.Header // of the response, which takes DPoP-Nonce
}

// Proof is a DPoP proof that is right in itself. Whether it was used before is for Spend to say.
type Proof struct {
	JKT   string    // thumbprint of its key
	Hash  []byte    // of the ledger's row
	Until time.Time // when nobody would accept it any more
}

// Proofs judges DPoP proofs (provider/dpop).
type Proofs interface {
	// Judge returns nil for a request without a proof, and writes nothing.
	Judge(ctx context.Context, r *ProofRequest) (*Proof, error)
	// Spend refuses a proof that was used before, here or on another node.
	Spend(ctx context.Context, p *Proof) error
}

// Prove judges and spends a request's proof and returns the key's thumbprint, or "" when there is no proof: for an endpoint whose caller is known
// by now, such as /oauth2/par.
func Prove(ctx context.Context, proofs Proofs, r *ProofRequest) (jkt string, err error) {
	p, err := proofs.Judge(ctx, r)
	if err != nil || p == nil {
		return "", err
	}
	return p.JKT, proofs.Spend(ctx, p)
}

// Certificates finds and judges certificates of clients (RFC 8705; provider/mtls).
type Certificates interface {
	// Presented is the certificate whose key the peer proved to hold, and after it those that came with it; nil if there is none.
	Presented(r *http.Request) ([]*x509.Certificate, error)
	// Authenticates refuses, as invalid_client, a certificate that is not the client's registered one (RFC 8705 section 2).
	Authenticates(ctx context.Context, c *Client, chain []*x509.Certificate) error
	// Methods are the authentication methods that are configured: none, or some of tls_client_auth and self_signed_tls_client_auth.
	Methods() []string
}

// CertificateThumbprint is a certificate's x5t#S256 (RFC 8705 section 3.1).
func CertificateThumbprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Held is the thumbprint of the request's certificate, or "".
func Held(certificates Certificates, r *http.Request) (x5t string, err error) {
	chain, err := certificates.Presented(r)
	if err != nil || len(chain) == 0 {
		return "", err
	}
	return CertificateThumbprint(chain[0]), nil
}

package dpop

import (
	"context"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Ring makes and checks nonces.
type Ring interface {
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
}

// Deps are what a Verifier uses.
type Deps struct {
	Replays storage.Replays
	Ring    Ring
	Tenant  storage.ID
	Bases   []string // URLs below which the endpoints are reached: the issuer, and where there is one the host for mutual TLS
	Skew    time.Duration
	Nonce   bool // every proof needs a nonce of ours, whatever the client's registration says
	Now     func() time.Time
	Log     func(ctx context.Context, table string, vs []verdict.Verdict)
}

// Verifier judges proofs. It implements core.Proofs.
type Verifier struct {
	d      Deps
	nonces nonces
	bases  []string // normalised
}

var _ core.Proofs = (*Verifier)(nil)

// New returns a verifier.
func New(d Deps) *Verifier {
	v := &Verifier{d: d, nonces: nonces{ring: d.Ring, tenant: d.Tenant, now: d.Now}}
	for _, b := range d.Bases {
		if normal, ok := normalise(b); ok {
			v.bases = append(v.bases, trimSlash(normal))
		}
	}
	return v
}

// Algs are the algorithms of proofs, for discovery and for challenges: asymmetric ones that FAPI 2 allows.
func Algs() []string { return []string{keys.ES256, keys.EdDSA, keys.PS256} }

// maxAge is how old a proof without a nonce may be, clocks aside.
const maxAge = time.Minute

// Judge implements core.Proofs.
func (v *Verifier) Judge(ctx context.Context, pr *core.ProofRequest) (*core.Proof, error) {
	needed := v.d.Nonce || pr.Client.Metadata.DPoPNonce
	if needed { // also beside a success: RFC 9449 section 8.2
		pr.Answer[headerNonce] = []string{v.nonces.issue()}
	}
	if len(headers(pr.HTTP)) == 0 {
		return nil, nil //nolint:nilnil // a request without a proof is no failure
	}
	p := &proof{v: v, ProofRequest: pr, needed: needed}
	vs, err := core.Run(ctx, Rows(), p)
	if err != nil {
		v.d.Log(ctx, "dpop", vs)
		return nil, err
	}
	return &core.Proof{JKT: p.key.Thumbprint, Hash: core.LedgerHash("dpop", p.key.Thumbprint, pr.Path, p.claims.jti), Until: p.until()}, nil
}

// headerNonce is spelled as RFC 9449 does.
const headerNonce = "DPoP-Nonce"

func headers(r *http.Request) []string { return r.Header["Dpop"] }

// Spend implements core.Proofs: the insert is the check.
func (v *Verifier) Spend(ctx context.Context, p *core.Proof) error {
	fresh, err := v.d.Replays.SpendOnce(ctx, &storage.Replay{Tenant: v.d.Tenant, Hash: p.Hash, ExpiresAt: p.Until})
	if err != nil || fresh {
		return err
	}
	refusal := core.InvalidDPoPProof("a jti that was not used before", "a used one")
	v.d.Log(ctx, "dpop", []verdict.Verdict{{Check: "dpop.unused", Expected: refusal.Expected, Received: refusal.Received}})
	return refusal
}

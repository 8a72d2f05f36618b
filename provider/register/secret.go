package register

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// PrefixSecret begins every generated client secret, for secret scanners.
const PrefixSecret = "jds_"

// Lengths of a secret that somebody chose, in characters.
const (
	MinSecret     = 32  // unless the client is marked jedan_weak_secret
	minWeakSecret = 8   // even then
	maxSecret     = 256 // the slow hash takes no more
)

// secret is what is stored of a client's secret, and what is shown once.
type secret struct {
	shown   string
	hash    []byte
	version int
	phc     string
	sealed  seal.Text
	weak    bool
}

// put writes the secret into its row, in place of any other.
func (s secret) put(c *storage.Client) {
	c.SecretHash, c.SecretKey, c.SecretPHC, c.SecretSealed, c.Metadata.WeakSecret = s.hash, s.version, s.phc, s.sealed, s.weak
}

// newSecret makes a secret for the row, or takes the one that was chosen: that one can be guessed, so it costs a slow hash until its first use. Where
// it authenticates assertions we must know it, so it is sealed instead.
func (r *Registrar) newSecret(ctx context.Context, c *storage.Client, chosen string, weak bool) (secret, error) {
	if size := secretSize(&c.Metadata); size > 0 {
		return r.sealedSecret(c, chosen, size)
	}
	if chosen == "" {
		shown := generateSecret(hashedBytes)
		version, hash := core.HashSecret(r.d.Ring, r.d.Tenant, c.ID, shown)
		return secret{shown: shown, hash: hash, version: version}, nil
	}
	if err := judgeSecret(chosen, weak); err != nil {
		return secret{}, err
	}
	phc, err := r.d.Hasher.Hash(ctx, chosen)
	return secret{phc: phc, weak: len(chosen) < MinSecret}, err
}

func (r *Registrar) sealedSecret(c *storage.Client, chosen string, size int) (secret, error) {
	s := secret{}
	if chosen == "" {
		s.shown = generateSecret(sealedBytes)
		chosen = s.shown
	} else if err := judgeSecret(chosen, false); err != nil {
		return secret{}, err
	}
	if len(chosen) < size {
		return secret{}, errs.New(errs.Invalid, fmt.Sprintf("The secret must have at least %d characters for this algorithm (RFC 7518 section 3.2).", size))
	}
	s.sealed = r.d.Ring.Seal(core.SecretAt(c), []byte(chosen))
	return s, nil
}

// Random bytes of a generated secret. One that authenticates assertions has 68 characters, enough for every algorithm.
const (
	hashedBytes = 32
	sealedBytes = 48
)

func generateSecret(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails since Go 1.24: it crashes the process instead
	return PrefixSecret + base64.RawURLEncoding.EncodeToString(b)
}

// judgeSecret wants RFC 6749 appendix A.2's characters and enough of them.
func judgeSecret(s string, weak bool) error {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return errs.New(errs.Invalid, "The secret must have printable ASCII characters only.")
		}
	}
	switch {
	case len(s) > maxSecret:
		return errs.New(errs.Invalid, "The secret must have at most 256 characters.")
	case len(s) < minWeakSecret:
		return errs.New(errs.Invalid, "The secret must have at least 8 characters, even when it is marked weak.")
	case len(s) < MinSecret && !weak:
		return errs.New(errs.Invalid, "The secret must have at least 32 characters, or the client be marked jedan_weak_secret.")
	}
	return nil
}

func hasSecret(m *storage.ClientMetadata) bool {
	return slices.Contains([]string{core.AuthSecretBasic, core.AuthSecretPost, core.AuthSecretJWT}, m.TokenEndpointAuthMethod)
}

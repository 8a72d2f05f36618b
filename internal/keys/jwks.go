package keys

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// render makes the key set's bytes: algorithms in order of configuration, then others; in each the key that signs stands first, since some relying
// parties take the first that fits, and the one that will sign next stands before retired ones.
func (st *setState) render(order []string, now time.Time) error {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, alg := range withRest(order, st.byAlg) {
		current := st.pick(alg, now)
		if current != nil {
			set.Keys = append(set.Keys, current.jwk())
		}
		for _, k := range st.byAlg[alg] {
			if k != current && k.listed(now) {
				set.Keys = append(set.Keys, k.jwk())
			}
		}
	}
	for i := range set.Keys {
		if !set.Keys[i].IsPublic() {
			return fmt.Errorf("keys: key %s would be published with its private half", set.Keys[i].KeyID)
		}
	}
	body, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("keys: JWKS: %w", err)
	}
	sum := sha256.Sum256(body)
	st.jwks, st.etag = body, `"`+base64.RawURLEncoding.EncodeToString(sum[:18])+`"`
	return nil
}

// withRest is order, followed by what else has keys (an algorithm that is no longer configured still verifies).
func withRest(order []string, byAlg map[string][]*signer) []string {
	out := slices.Clone(order)
	for _, alg := range slices.Sorted(maps.Keys(byAlg)) {
		if !slices.Contains(order, alg) {
			out = append(out, alg)
		}
	}
	return out
}

package keys

import (
	"crypto/ed25519"
	"math/big"
	"slices"
)

// onEdwards25519 reports whether a public key decodes to a point of the curve (RFC 8032 section 5.1.3): y below p, and x² = (y²-1)/(dy²+1) has a root.
// It is for keys at registration; it is not constant-time and need not be.
func onEdwards25519(pub ed25519.PublicKey) bool {
	le := slices.Clone(pub)
	sign := le[len(le)-1] >> 7
	le[len(le)-1] &= 0x7f
	slices.Reverse(le)
	one := big.NewInt(1)
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	y := new(big.Int).SetBytes(le)
	if y.Cmp(p) >= 0 {
		return false
	}
	// d = -121665/121666 mod p
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	yy := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(yy, one)
	v := new(big.Int).Add(new(big.Int).Mul(d, yy), one)
	// u/v is a square exactly when u·v is
	uv := u.Mul(u, v.Mod(v, p))
	uv.Mod(uv, p)
	if uv.Sign() == 0 {
		return sign == 0 // x = 0 has no negative
	}
	return big.Jacobi(uv, p) == 1
}

package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"

	"filippo.io/nistec"
)

// windows of a scalar, a byte each.
const windows = 32

// es256Table verifies ES256 signatures of one public key in half the time of crypto/ecdsa: what crypto/ecdsa does for the curve's generator, adding up
// multiples that were made ahead, this does for the key too. All that goes into it is public, so nothing here needs constant time. Tables pay for
// our own few keys, whose tokens come back by the thousand; a client's key is verified by crypto/ecdsa. One takes 0.8 MB and 4 ms.
type es256Table struct {
	multiples [windows][255]nistec.P256Point // [i][j] is (j+1)·256^i times the key
}

// newES256Table is for a key that crypto/ecdsa made or read, which is a point of the curve.
func newES256Table(pub *ecdsa.PublicKey) *es256Table {
	raw, err := pub.Bytes()
	if err != nil {
		return nil
	}
	base, err := nistec.NewP256Point().SetBytes(raw)
	if err != nil {
		return nil
	}
	t := new(es256Table)
	for i := range t.multiples {
		sum := nistec.NewP256Point().Set(base)
		for j := range t.multiples[i] {
			t.multiples[i][j].Set(sum)
			sum.Add(sum, base)
		}
		base = sum // 256 times what it was
	}
	return t
}

// verify is the verification of FIPS 186-5 section 6.4.2 for a signature of r and s, 32 bytes each (RFC 7518 section 3.4).
func (t *es256Table) verify(digest, sig []byte) bool {
	if t == nil || len(sig) != 2*coordinate {
		return false
	}
	n := elliptic.P256().Params().N
	r, s := new(big.Int).SetBytes(sig[:coordinate]), new(big.Int).SetBytes(sig[coordinate:])
	if r.Sign() == 0 || s.Sign() == 0 || r.Cmp(n) >= 0 || s.Cmp(n) >= 0 {
		return false
	}
	w := new(big.Int).ModInverse(s, n)
	var u1, u2 [windows]byte
	product(new(big.Int).SetBytes(digest), w, n).FillBytes(u1[:])
	product(r, w, n).FillBytes(u2[:])
	p, err := nistec.NewP256Point().ScalarBaseMult(u1[:])
	if err != nil {
		return false
	}
	t.add(p, &u2)
	x, err := p.BytesX()
	return err == nil && new(big.Int).Mod(new(big.Int).SetBytes(x), n).Cmp(r) == 0
}

func product(a, b, n *big.Int) *big.Int {
	p := new(big.Int).Mul(a, b)
	return p.Mod(p, n)
}

// add adds scalar times the key to p. The scalar's most significant byte comes first.
func (t *es256Table) add(p *nistec.P256Point, scalar *[windows]byte) {
	for i := range windows {
		if b := scalar[windows-1-i]; b != 0 {
			p.Add(p, &t.multiples[i][b-1])
		}
	}
}

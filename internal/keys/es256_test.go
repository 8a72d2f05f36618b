package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"testing"
)

// bothES256 are the table and crypto/ecdsa over one key: they must always say the same.
type bothES256 struct {
	priv  *ecdsa.PrivateKey
	table *es256Table
}

func newBoth(t testing.TB) *bothES256 {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &bothES256{priv, newES256Table(&priv.PublicKey)}
}

func (b *bothES256) agree(t *testing.T, digest, sig []byte) bool {
	t.Helper()
	var r, s big.Int
	want := len(sig) == 64 && ecdsa.Verify(&b.priv.PublicKey, digest, r.SetBytes(sig[:32]), s.SetBytes(sig[32:]))
	if got := b.table.verify(digest, sig); got != want {
		t.Fatalf("digest %x signature %x: table %v, crypto/ecdsa %v", digest, sig, got, want)
	}
	return want
}

func pair(r, s *big.Int) []byte {
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

func TestES256TableAgreesWithTheStandardLibrary(t *testing.T) {
	b := newBoth(t)
	for i := range 200 {
		digest := sha256.Sum256([]byte{byte(i)})
		sig, err := sign(ES256, b.priv, nil, []byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		if !b.agree(t, digest[:], sig) {
			t.Fatal("a right signature is refused")
		}
		for _, at := range []int{0, 31, 32, 63, i % 64} {
			broken := bytes.Clone(sig)
			broken[at] ^= 1 << (i % 8)
			if b.agree(t, digest[:], broken) {
				t.Fatal("a broken signature is accepted")
			}
		}
		other := sha256.Sum256([]byte{byte(i), 1})
		b.agree(t, other[:], sig)
	}
}

func TestES256TableAtTheEdges(t *testing.T) {
	b := newBoth(t)
	n, one := elliptic.P256().Params().N, big.NewInt(1)
	edges := []*big.Int{
		big.NewInt(0), one, big.NewInt(2), new(big.Int).Sub(n, one), n, new(big.Int).Add(n, one), new(big.Int).Rsh(n, 1),
		new(big.Int).Sub(new(big.Int).Lsh(one, 256), one), elliptic.P256().Params().Gx, b.priv.X, //nolint:staticcheck // its coordinates are what this is about
	}
	for _, digest := range [][]byte{make([]byte, 32), bytes.Repeat([]byte{0xff}, 32), n.FillBytes(make([]byte, 32)), one.FillBytes(make([]byte, 32))} {
		for _, r := range edges {
			for _, s := range edges {
				b.agree(t, digest, pair(r, s))
			}
		}
	}
	for _, short := range [][]byte{nil, make([]byte, 63), make([]byte, 65)} {
		b.agree(t, make([]byte, 32), short)
	}
}

// crafted gives a signature whose two summands are u1·G and u2·Q: equal points, opposite ones (the point at infinity), or one of them missing.
func TestES256TableWithDegenerateSums(t *testing.T) {
	b := newBoth(t)
	n := elliptic.P256().Params().N
	d := b.priv.D //nolint:staticcheck // the attack needs the number
	for name, u1 := range map[string]*big.Int{
		"equal":    product(big.NewInt(7), d, n),
		"opposite": new(big.Int).Sub(n, product(big.NewInt(7), d, n)),
		"missing":  big.NewInt(0),
	} {
		u2 := big.NewInt(7)
		k := new(big.Int).Mod(new(big.Int).Add(u1, product(u2, d, n)), n)
		r := big.NewInt(5)
		if k.Sign() != 0 {
			x, _ := elliptic.P256().ScalarBaseMult(k.Bytes()) //nolint:staticcheck // a point, by the textbook
			r.Mod(x, n)
		}
		s := product(r, new(big.Int).ModInverse(u2, n), n)
		e := product(u1, s, n)
		if got, want := b.agree(t, e.FillBytes(make([]byte, 32)), pair(r, s)), name != "opposite"; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzES256Table(f *testing.F) {
	b := newBoth(f)
	f.Add([]byte("x"), make([]byte, 64), uint8(0))
	f.Fuzz(func(t *testing.T, input, sig []byte, flip uint8) {
		digest := sha256.Sum256(input)
		b.agree(t, digest[:], sig)
		right, err := sign(ES256, b.priv, nil, input)
		if err != nil {
			t.Fatal(err)
		}
		right[flip%64] ^= flip / 64
		b.agree(t, digest[:], right)
	})
}

func BenchmarkES256Table(b *testing.B) {
	both := newBoth(b)
	digest := sha256.Sum256([]byte("x"))
	sig, err := sign(ES256, both.priv, nil, []byte("x"))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			both.table.verify(digest[:], sig)
		}
	})
	b.Run("crypto/ecdsa", func(b *testing.B) {
		for b.Loop() {
			verify(ES256, &both.priv.PublicKey, []byte("x"), sig)
		}
	})
}

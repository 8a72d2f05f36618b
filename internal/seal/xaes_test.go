package seal

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"testing"
)

// TestVectors checks the two published examples of C2SP XAES-256-GCM, one per value of the subkey's top bit.
func TestVectors(t *testing.T) {
	cases := []struct{ name, aad, want string }{
		{"msb 0", "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{"msb 1", "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	}
	for i, c := range cases {
		x, err := newXAES(bytes.Repeat([]byte{byte(2*i + 1)}, keySize))
		if err != nil {
			t.Fatal(err)
		}
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		gcm, err := x.derive(nonce)
		if err != nil {
			t.Fatal(err)
		}
		got := gcm.Seal(nil, nonce[12:], []byte("XAES-256-GCM"), []byte(c.aad))
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%s: got %x, want %s", c.name, got, c.want)
		}
	}
}

// TestAccumulated is the specification's test over 10,000 pseudo-random inputs of every length.
func TestAccumulated(t *testing.T) {
	in, out := sha3.NewSHAKE128(), sha3.NewSHAKE128()
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = in.Read(b)
		return b
	}
	for range 10_000 {
		key, nonce := read(keySize), read(nonceSize)
		plain := read(int(read(1)[0]))
		aad := read(int(read(1)[0]))
		x, err := newXAES(key)
		if err != nil {
			t.Fatal(err)
		}
		gcm, err := x.derive(nonce)
		if err != nil {
			t.Fatal(err)
		}
		sealed := gcm.Seal(nil, nonce[12:], plain, aad)
		back, err := gcm.Open(nil, nonce[12:], sealed, aad)
		if err != nil || !bytes.Equal(back, plain) {
			t.Fatal("does not open", err)
		}
		_, _ = out.Write(sealed)
	}
	sum := make([]byte, 32)
	_, _ = out.Read(sum)
	const want = "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"
	if hex.EncodeToString(sum) != want {
		t.Errorf("got %x, want %s", sum, want)
	}
}

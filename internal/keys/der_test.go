package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"math/big"
	"testing"
)

// What appendDER writes is DER as encoding/asn1 writes it, and appendRaw undoes it.
func TestDERAndRaw(t *testing.T) {
	raws := [][]byte{make([]byte, 2*coordinate), bytes.Repeat([]byte{0xff}, 2*coordinate), bytes.Repeat([]byte{0x7f}, 2*coordinate)}
	for zeros := range coordinate {
		raw := make([]byte, 2*coordinate)
		_, _ = rand.Read(raw) // never fails
		clear(raw[:zeros])
		clear(raw[coordinate : coordinate+coordinate-1-zeros])
		raws = append(raws, raw)
	}
	for _, raw := range raws {
		der := appendDER([]byte("before"), raw)
		der = bytes.TrimPrefix(der, []byte("before"))
		want, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:coordinate]), new(big.Int).SetBytes(raw[coordinate:])})
		if err != nil || !bytes.Equal(der, want) {
			t.Fatalf("%x: %x, not %x (%v)", raw, der, want, err)
		}
		back, err := appendRaw(nil, der)
		if err != nil || !bytes.Equal(back, raw) {
			t.Fatalf("%x came back as %x (%v)", raw, back, err)
		}
	}
}

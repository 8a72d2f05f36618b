package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"sync/atomic"
)

const (
	keySize   = 32
	nonceSize = 24
	halfSize  = 12 // of a nonce: the first makes the key, the second is GCM's nonce
	tagSize   = 16
)

// xaes is XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the first half of a 192-bit nonce, so that random nonces never repeat in
// practice. It adds two block operations and one key schedule to plain GCM.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte // CMAC subkey, NIST SP 800-38B section 6.1
}

func newXAES(raw []byte) (xaes, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return xaes{}, err
	}
	x := xaes{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	msb := x.k1[0] >> 7
	hi, lo := binary.BigEndian.Uint64(x.k1[:8]), binary.BigEndian.Uint64(x.k1[8:])
	binary.BigEndian.PutUint64(x.k1[:8], hi<<1|lo>>63)
	binary.BigEndian.PutUint64(x.k1[8:], lo<<1)
	x.k1[aes.BlockSize-1] ^= msb * 0x87 // without a branch on key material
	return x, nil
}

// derive returns the GCM for a nonce; its own nonce is the second half.
func (x *xaes) derive(nonce []byte) (cipher.AEAD, error) {
	var key [keySize]byte
	for i := range 2 {
		half := key[i*aes.BlockSize : (i+1)*aes.BlockSize]
		half[1], half[2] = byte(i+1), 'X'
		copy(half[4:], nonce[:halfSize])
		subtle.XORBytes(half, half, x.k1[:])
		x.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// batchSize is how many messages share the first half of their nonces. Each draws its own second half of 96 random bits, so that two of a batch have the
// same nonce with a chance of less than 2^-64: far less often than keys are replaced.
const batchSize = 1 << 16

// batch is a derived key and what it was derived from.
type batch struct {
	half [halfSize]byte
	gcm  cipher.AEAD
	left atomic.Int64
}

package testkit

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// pool lends RSA keys to servers: making one takes longer than all the rest of a start. No two servers that run have the same.
var pool = sync.OnceValue(func() chan *rsa.PrivateKey { return make(chan *rsa.PrivateKey, 64) })

const pooledBits = 2048

// lendKeys makes the private keys of a server of t. RSA keys come from the pool, and go back when the test ends.
func lendKeys(t testing.TB) func(alg string, rsaBits int) (crypto.Signer, error) {
	return func(alg string, rsaBits int) (crypto.Signer, error) {
		if alg != keys.RS256 || rsaBits != pooledBits {
			return keys.Generate(alg, rsaBits)
		}
		k, err := lend()
		if err == nil {
			t.Cleanup(func() { giveBack(k) })
		}
		return k, err
	}
}

func lend() (*rsa.PrivateKey, error) {
	select {
	case k := <-pool():
		return k, nil
	default:
		return rsa.GenerateKey(rand.Reader, pooledBits)
	}
}

func giveBack(k *rsa.PrivateKey) {
	select {
	case pool() <- k:
	default: // there are enough
	}
}

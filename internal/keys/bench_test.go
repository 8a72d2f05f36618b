package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

var benchClaims = []byte(`{"iss":"https://id.example.org","sub":"2Jd0xkZQm0y0Uu1nQmV3Yg","aud":["https://api.example.org","https://id.example.org/oauth2/userinfo"],` +
	`"client_id":"acme","scope":"openid profile email","iat":1795500000,"exp":1795503600,"jti":"01JD5V0W0W0W0W0W0W0W0W0W0W","auth_time":1795500000,"acr":"1"}`)

// reportCPU adds the process's CPU time to a benchmark: on a busy machine it repeats where wall time does not. Call the result at the end.
func reportCPU(b *testing.B) func() {
	b.Helper()
	read := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	start := read()
	return func() { b.ReportMetric(float64(read()-start)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkSign is one access token with each algorithm.
func BenchmarkSign(b *testing.B) {
	s := newWorld(b).node(b, SetConfig{Algorithms: all})
	for _, alg := range all {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for b.Loop() {
				if _, err := s.Sign(alg, "at+jwt", benchClaims); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSignBare is the cryptography alone, to compare with BenchmarkSign.
func BenchmarkSignBare(b *testing.B) {
	digest := sha256.Sum256(benchClaims)
	for _, alg := range all {
		priv, err := Generate(alg, 2048)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(alg, func(b *testing.B) {
			defer reportCPU(b)()
			for b.Loop() {
				switch k := priv.(type) {
				case *rsa.PrivateKey:
					if alg == PS256 {
						_, err = rsa.SignPSS(rand.Reader, k, crypto.SHA256, digest[:], pssOptions())
					} else {
						_, err = rsa.SignPKCS1v15(nil, k, crypto.SHA256, digest[:])
					}
				case *ecdsa.PrivateKey:
					_, err = ecdsa.SignASN1(rand.Reader, k, digest[:])
				case ed25519.PrivateKey:
					ed25519.Sign(k, benchClaims)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerify is one access token of our own, seen for the first time.
func BenchmarkVerify(b *testing.B) {
	s := newWorld(b).node(b, SetConfig{Algorithms: all})
	for _, alg := range all {
		token, err := s.Sign(alg, "at+jwt", benchClaims)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for b.Loop() {
				if _, _, err := s.Verify(token, all, "at+jwt"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerifyWith is one client assertion.
func BenchmarkVerifyWith(b *testing.B) {
	c := newClientKeys(b)
	for _, alg := range all {
		token := c.sign(b, alg, map[jose.HeaderKey]any{"kid": strings.ToLower(alg)}, string(benchClaims))
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for b.Loop() {
				if _, _, err := VerifyWith(c.set, token, all); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHostile is what refusing costs: 100,000 dots and a full token with a bad signature.
func BenchmarkHostile(b *testing.B) {
	c := newClientKeys(b)
	for name, token := range map[string]string{
		"dots":          strings.Repeat(".", 100_000),
		"bad signature": craft(`{"alg":"ES256","kid":"es256"}`, strings.Repeat("x", 11_000), make([]byte, 64)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for b.Loop() {
				if _, _, err := VerifyWith(c.set, token, all); err == nil {
					b.Fatal("taken")
				}
			}
		})
	}
}

func BenchmarkDecodeClaims(b *testing.B) {
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		if _, err := DecodeClaims(benchClaims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseJWKS(b *testing.B) {
	c := newClientKeys(b)
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		if _, err := ParseJWKS(c.raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRing(b *testing.B) {
	r := openRing(b, &memKeyring{}, master(b, 1), newClock())
	msg := make([]byte, 120)
	b.Run("seal", func(b *testing.B) {
		defer reportCPU(b)()
		for b.Loop() {
			r.Seal(place, msg)
		}
	})
	sealed := r.Seal(place, msg)
	b.Run("open", func(b *testing.B) {
		defer reportCPU(b)()
		for b.Loop() {
			if _, err := r.Open(place, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("mac", func(b *testing.B) {
		defer reportCPU(b)()
		for b.Loop() {
			r.MAC(Codes, msg[:16])
		}
	})
}

// BenchmarkOpenSet is what four existing keys add to a start.
func BenchmarkOpenSet(b *testing.B) {
	w := newWorld(b)
	w.node(b, SetConfig{Algorithms: all})
	defer reportCPU(b)()
	for b.Loop() {
		w.node(b, SetConfig{Algorithms: all})
	}
}

// BenchmarkUnmarshal is what encoding/json takes for the same claims.
func BenchmarkUnmarshal(b *testing.B) {
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		var m map[string]any
		if err := json.Unmarshal(benchClaims, &m); err != nil {
			b.Fatal(err)
		}
	}
}

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/jedan-auth/jedan-auth/internal/password"
)

// primitive is work that a request cannot do without.
type primitive string

// Primitives that are measured in the same run, in the bare handler's process.
const (
	primHello    primitive = "a bare HTTP request"
	primES256    primitive = "ES256 signature"
	primEdDSA    primitive = "Ed25519 signature"
	primRS256    primitive = "RSA-2048 signature"
	primVerify   primitive = "ES256 verification"
	primArgon2id primitive = "argon2id hash"
	primRead     primitive = "row read by key"
	primWrite    primitive = "two rows written durably"
	primPage     primitive = "a page drawn"
	primXMLDSig  primitive = "XML signature verified by goxmldsig"
	primBind     primitive = "LDAPS bind on a new connection"
)

// primitives are those that a child measures by itself.
func primitives() []primitive {
	return []primitive{primES256, primEdDSA, primRS256, primVerify, primArgon2id, primRead, primWrite, primPage, primXMLDSig, primBind}
}

// primitiveTime is how much CPU time each is given, at least.
const primitiveTime = 300 * time.Millisecond

// runPrimitive measures one by name.
func runPrimitive(name, data string) (Reply, error) {
	work, end, err := makePrimitive(primitive(name), data)
	if err != nil {
		return Reply{}, err
	}
	defer end()
	if _, err := repeat(work, 3); err != nil { // warm
		return Reply{}, err
	}
	var used time.Duration
	done := 0
	for batch := 1; used < primitiveTime; batch *= 2 {
		took, err := repeat(work, batch)
		if err != nil {
			return Reply{}, err
		}
		used += took
		done += batch
	}
	if primitive(name) == primWrite {
		done *= perTransaction()
	}
	return Reply{Each: used / time.Duration(done), Count: done}, nil
}

// repeat runs work n times and returns the CPU time that it took.
func repeat(work func() error, n int) (time.Duration, error) {
	before, err := cpuTime()
	if err != nil {
		return 0, err
	}
	for range n {
		if err := work(); err != nil {
			return 0, err
		}
	}
	after, err := cpuTime()
	return after - before, err
}

func makePrimitive(p primitive, data string) (work func() error, end func(), err error) {
	end = func() {}
	digest := sha256.Sum256([]byte("jedan"))
	switch p {
	case primES256, primVerify:
		work, err = ecdsaWork(p, digest[:])
	case primEdDSA:
		_, k, fault := ed25519.GenerateKey(rand.Reader)
		work, err = func() error { _ = ed25519.Sign(k, digest[:]); return nil }, fault
	case primRS256:
		k, fault := rsa.GenerateKey(rand.Reader, 2048)
		work, err = func() error { _, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, digest[:]); return err }, fault
	case primArgon2id:
		d := password.DefaultParams()
		work = func() error {
			argon2.IDKey([]byte(benchPassword), digest[:16], d.Iterations, d.MemoryKiB, d.Parallelism, 32)
			return nil
		}
	case primRead, primWrite:
		return databaseWork(p)
	case primPage:
		work, err = pageWork()
	case primXMLDSig:
		work, err = samlWork()
	case primBind:
		work, err = bindWork(data)
	default:
		err = fmt.Errorf("no primitive %q", p)
	}
	return work, end, err
}

func ecdsaWork(p primitive, digest []byte) (func() error, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	sig, err := ecdsa.SignASN1(rand.Reader, k, digest)
	if p == primES256 {
		return func() error { _, err := ecdsa.SignASN1(rand.Reader, k, digest); return err }, err
	}
	return func() error {
		if !ecdsa.VerifyASN1(&k.PublicKey, digest, sig) {
			return fmt.Errorf("an own signature does not verify")
		}
		return nil
	}, err
}

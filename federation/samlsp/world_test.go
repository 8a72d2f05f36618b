package samlsp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	issuer   = "https://id.example.com"
	idpName  = "https://idp.example.org/metadata"
	ssoURL   = "https://idp.example.org/sso"
	sloURL   = "https://idp.example.org/slo"
	ourName  = issuer + "/saml/corp"
	ourACS   = ourName + "/acs"
	ourSLO   = ourName + "/slo"
	ourState = "state-of-this-browser"
	password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
	mfa      = "https://refeds.org/profile/mfa"
)

func began() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }

// Keys are made once: they are slow to make.
var (
	idpPair    = sync.OnceValue(func() samlxml.Pair { return rsaPair("idp", 2048) })
	nextPair   = sync.OnceValue(func() samlxml.Pair { return rsaPair("idp next", 2048) })
	evilPair   = sync.OnceValue(func() samlxml.Pair { return rsaPair("idp", 2048) })
	weakPair   = sync.OnceValue(func() samlxml.Pair { return rsaPair("idp weak", 1024) })
	ownPair    = sync.OnceValue(func() samlxml.Pair { return rsaPair(ourName, 2048) })
	ownNext    = sync.OnceValue(func() samlxml.Pair { return rsaPair(ourName+" next", 2048) })
	curvedPair = sync.OnceValue(func() samlxml.Pair {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return pairOf("idp curve", key, err)
	})
)

func rsaPair(name string, bits int) samlxml.Pair {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	return pairOf(name, key, err)
}

func pairOf(name string, key crypto.Signer, err error) samlxml.Pair {
	if err != nil {
		panic(err)
	}
	cert, err := samlxml.Certify(rand.Reader, key, name, began().Add(-time.Hour), began().AddDate(2, 0, 0))
	if err != nil {
		panic(err)
	}
	return samlxml.Pair{Key: key, Certificate: cert}
}

func pemOf(pairs ...samlxml.Pair) []string {
	var out []string
	for _, p := range pairs {
		out = append(out, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate.Raw})))
	}
	return out
}

func base64Of(p samlxml.Pair) string { return base64.StdEncoding.EncodeToString(p.Certificate.Raw) }

// ledger, counted and fixedKeys are what the connector uses.
type ledger struct {
	used map[string]time.Time
	err  error
}

func (l *ledger) SpendOnce(_ context.Context, r *storage.Replay) (bool, error) {
	if _, again := l.used[string(r.Hash)]; again || l.err != nil {
		return false, l.err
	}
	l.used[string(r.Hash)] = r.ExpiresAt
	return true, nil
}

type counted struct{ n int }

func (c *counted) DecryptionFailed(context.Context) { c.n++ }

type fixedKeys struct{ pairs Pairs }

func (k *fixedKeys) Pairs(context.Context) (*Pairs, error) { return &k.pairs, nil }

type files map[string]string

func (f files) Document(_ context.Context, location string) ([]byte, error) {
	if text, ok := f[location]; ok {
		return []byte(text), nil
	}
	return nil, errs.New(errs.Unavailable, "")
}

// world is a connector with its surroundings.
type world struct {
	t        testing.TB
	now      time.Time
	config   Config
	keys     fixedKeys
	files    files
	ledger   ledger
	failures counted
	c        *Connector
}

// newWorld is a connector that knows the identity provider's key by hand.
func newWorld(t testing.TB, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, now: began().Add(time.Minute), ledger: ledger{used: map[string]time.Time{}}, files: files{}}
	w.keys.pairs = Pairs{Current: ownPair()}
	w.config = Config{IDPEntityID: idpName, IDPSSOURL: ssoURL, IDPSLOURL: sloURL, IDPCertificates: pemOf(idpPair())}
	for _, f := range change {
		f(&w.config)
	}
	c, err := w.connect()
	if err != nil {
		t.Fatal(err)
	}
	w.c = c
	return w
}

func (w *world) connect() (*Connector, error) {
	return New(w.t.Context(), w.config, Deps{
		Issuer: issuer, Name: "corp", Keys: &w.keys, Fetcher: w.files, Replays: &w.ledger, Failures: &w.failures,
		Now: func() time.Time { return w.now },
	})
}

// wish is what most sign-ins want.
func wish() federation.Wish {
	return federation.Wish{State: ourState, CallbackURL: ourACS}
}

// arrival is the browser with a response to the request _request.
func arrival(response []byte) federation.Arrival {
	return federation.Arrival{
		Wish: wish(), Kept: []byte("_request"), Began: began(), Method: "POST",
		Params: url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(response)}, "RelayState": {ourState}},
	}
}

// accepts wants an identity.
func (w *world) accepts(a federation.Arrival) *federation.Identity {
	w.t.Helper()
	id, err := w.c.Complete(w.t.Context(), a)
	if err != nil {
		w.t.Fatalf("refused: %v", err)
	}
	return id
}

// refuses wants a refusal by the named row.
func (w *world) refuses(a federation.Arrival, check string) {
	w.t.Helper()
	id, err := w.c.Complete(w.t.Context(), a)
	if id != nil {
		w.t.Errorf("accepted: %v", id)
		return
	}
	wantCheck(w.t, err, check)
}

func wantCheck(t testing.TB, err error, check string) {
	t.Helper()
	var r *federation.Refusal
	if !errors.As(err, &r) || r.Check != check || r.Received == "" || r.Reason == "" {
		t.Errorf("got %v, want a refusal by %s", err, check)
	}
}

// forget empties the ledger, so that the same response may be tried changed and unchanged.
func (w *world) forget() { clear(w.ledger.used) }

package keys

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Auditor makes the rows of key events; *audit.Recorder is one.
type Auditor interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// SetDeps is what a Set needs.
type SetDeps struct {
	Store  storage.SigningKeys
	Ring   *Ring
	Tenant storage.ID
	Now    func() time.Time
	Audit  Auditor
	// Generate makes a private key; nil: a new one of crypto/rand. Tests, which start a thousand servers, hand theirs on.
	Generate func(alg string, rsaBits int) (crypto.Signer, error)
}

// SetConfig says which keys there are and how long they live.
type SetConfig struct {
	Algorithms       []string      // of RS256, PS256, ES256, EdDSA; one key signs for each
	Encryption       []string      // of RSA-OAEP-256, ECDH-ES+A256KW: one published key for each, to which clients may encrypt; empty: none
	RotateEvery      time.Duration // how long a key signs; 0: until it is rotated by hand
	PublishAhead     time.Duration // how long a key is published before it signs; bounds the max-age of the JWKS. 0: one hour
	TokenLifetimeMax time.Duration // the longest lifetime of anything signed: a retired key stays published for it. 0: 24 hours
	RSABits          int           // size of new RSA keys; 0: 2048
}

// Set holds a tenant's signing keys. Signing and verifying read a snapshot and take no lock. It is safe for concurrent use.
type Set struct {
	deps  SetDeps
	cfg   SetConfig
	pool  sync.Pool
	state atomic.Pointer[setState]
	write sync.Mutex // one reload or rotation at a time; readers never take it
}

// setState is a snapshot.
type setState struct {
	byAlg    map[string][]*signer // newest first
	byKID    map[string]*signer
	byHeader map[string]headerOf // by the encoded header of our own tokens, without the dot
	jwks     []byte
	etag     string
}

type headerOf struct {
	signer *signer
	typ    string
}

// Validate reports the first setting that makes no sense.
func (c SetConfig) Validate() error {
	if len(c.Algorithms) == 0 {
		return errors.New("keys: no signing algorithm")
	}
	for i, alg := range c.Algorithms {
		if !knownAlgorithm(alg) {
			return fmt.Errorf("keys: no signing algorithm %q: RS256, PS256, ES256 and EdDSA are offered", alg)
		}
		if slices.Contains(c.Algorithms[:i], alg) {
			return fmt.Errorf("keys: signing algorithm %s stands twice", alg)
		}
	}
	for i, alg := range c.Encryption {
		if !encrypts(alg) || slices.Contains(c.Encryption[:i], alg) {
			return fmt.Errorf("keys: no encryption algorithm %q, or twice: RSA-OAEP-256 and ECDH-ES+A256KW are offered", alg)
		}
	}
	switch {
	case c.RSABits != 0 && (c.RSABits < minRSABits || c.RSABits > 8*maxSignature || c.RSABits%256 != 0):
		return errors.New("keys: RSA keys have 2048 to 4096 bits")
	case c.PublishAhead < 0 || c.TokenLifetimeMax < 0 || c.RotateEvery < 0:
		return errors.New("keys: a duration is negative")
	case c.RotateEvery != 0 && c.RotateEvery < 2*c.withDefaults().PublishAhead:
		return errors.New("keys: keys must sign for at least twice as long as they are published ahead")
	}
	return nil
}

func (c SetConfig) withDefaults() SetConfig {
	c.PublishAhead = cmp.Or(c.PublishAhead, time.Hour)
	c.TokenLifetimeMax = cmp.Or(c.TokenLifetimeMax, 24*time.Hour)
	c.RSABits = cmp.Or(c.RSABits, minRSABits)
	return c
}

// OpenSet reads the signing keys and makes a first one for each algorithm that has none, which signs at once. Several processes may start together.
func OpenSet(ctx context.Context, d SetDeps, c SetConfig) (*Set, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Set{deps: d, cfg: c.withDefaults()}
	if d.Generate == nil {
		s.deps.Generate = Generate
	}
	s.cfg.Algorithms, s.cfg.Encryption = slices.Clone(c.Algorithms), slices.Clone(c.Encryption)
	s.pool.New = func() any { return new(buffer) }
	s.state.Store(&setState{})
	return s, s.Tick(ctx)
}

// Algorithms are those that Sign knows, in order of configuration.
func (s *Set) Algorithms() []string { return slices.Clone(s.cfg.Algorithms) }

// EncryptionAlgorithms are those that Decrypt has a current key for, in order of configuration.
func (s *Set) EncryptionAlgorithms() []string { return slices.Clone(s.cfg.Encryption) }

// offered are the algorithms of which there is a current key: signing ones first, since some relying parties take the first key of a set.
func (s *Set) offered() []string { return slices.Concat(s.cfg.Algorithms, s.cfg.Encryption) }

// Sign makes a compact JWS with the current key of alg; its protected header is alg, kid and, unless empty, typ. claims is a JSON object.
func (s *Set) Sign(alg, typ string, claims []byte) (string, error) {
	if !slices.Contains(s.cfg.Algorithms, alg) {
		return "", errs.New(errs.Invalid, "This signing algorithm is not offered.")
	}
	if k := s.state.Load().pick(alg, s.deps.Now()); k != nil {
		return k.token(typ, claims, &s.pool)
	}
	return "", errs.New(errs.Unavailable, "There is no signing key at the moment.")
}

// JWKS is the published key set (RFC 7517): the body, its strong ETag with quotes, and how long it may be cached. body is shared: the caller must not
// change it.
func (s *Set) JWKS() (body []byte, etag string, maxAge time.Duration) {
	st := s.state.Load()
	return st.jwks, st.etag, s.maxAge()
}

// maxAge is half of PublishAhead, so that a cache filled on a node that learns late of a new key still ends before the key signs.
func (s *Set) maxAge() time.Duration { return s.cfg.PublishAhead / 2 }

// Reload reads keys that other processes made or revoked. After an error the set is as it was.
func (s *Set) Reload(ctx context.Context) error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.load(ctx)
}

// load builds a snapshot; the caller holds s.write.
func (s *Set) load(ctx context.Context) error {
	rows, err := s.deps.Store.SigningKeys(ctx, s.deps.Tenant)
	if err != nil {
		return err
	}
	known := s.state.Load().byKID
	signers := make([]*signer, 0, len(rows))
	for i := range rows {
		k, err := s.signerOf(&rows[i], known)
		if err != nil {
			return errs.Wrap(errs.Internal, "", err)
		}
		signers = append(signers, k)
	}
	next, err := newState(signers, s.offered(), s.deps.Now())
	if err != nil {
		return errs.Wrap(errs.Internal, "", err)
	}
	s.state.Store(next)
	return nil
}

// signerOf parses a key once in the life of the process; later its row only brings other times.
func (s *Set) signerOf(row *storage.SigningKey, known map[string]*signer) (*signer, error) {
	k, ok := known[row.KeyID]
	if !ok || k.row.ID != row.ID || k.row.Algorithm != row.Algorithm {
		return s.openSigningKey(row)
	}
	fresh := *k
	fresh.row.ActivatesAt, fresh.row.RetiresAt = row.ActivatesAt, row.RetiresAt
	fresh.row.ExpiresAt, fresh.row.RevokedAt = row.ExpiresAt, row.RevokedAt
	return &fresh, nil
}

// newState indexes the keys that are published at a time.
func newState(signers []*signer, order []string, now time.Time) (*setState, error) {
	st := &setState{byAlg: make(map[string][]*signer), byKID: make(map[string]*signer), byHeader: make(map[string]headerOf)}
	slices.SortFunc(signers, func(a, b *signer) int {
		return cmp.Or(b.row.ActivatesAt.Compare(a.row.ActivatesAt), slices.Compare(b.row.ID[:], a.row.ID[:]))
	})
	for _, k := range signers {
		st.byKID[k.row.KeyID] = k
		st.byAlg[k.row.Algorithm] = append(st.byAlg[k.row.Algorithm], k)
		for typ, h := range k.headers {
			st.byHeader[h[:len(h)-1]] = headerOf{k, typ}
		}
	}
	return st, st.render(order, now)
}

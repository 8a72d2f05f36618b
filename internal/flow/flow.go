package flow

import (
	"encoding/base64"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// MaxSealed is the longest sealed flow, in bytes.
const MaxSealed = 4096

const (
	formatFlow      = 0x01
	defaultLifetime = time.Hour
	maxLifetime     = 24 * time.Hour
	clockSkew       = 2 * time.Minute // between nodes
)

// Ring is the keyring of one tenant (internal/keys.Ring).
type Ring interface {
	SealBytes(purpose string, aad, plaintext []byte) []byte
	OpenBytes(purpose string, aad, sealed []byte) ([]byte, error)
	Signer
}

// Signer makes and checks keyed hashes over length-prefixed parts.
type Signer interface {
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
}

var _ Ring = (*keys.Ring)(nil)

// Flow is one validated authorization request on its way through sign-in and consent.
type Flow struct {
	ID      storage.ID
	Tenant  storage.ID
	Started time.Time  // kept to the microsecond; prompt=login and max_age want a sign-in that is newer
	Browser [16]byte   // id of the browser that began it; zero: a client's request that waits for Adopt
	Client  string     // client_id; empty when Return is set
	Params  url.Values // the validated request; single-valued except resource
	Return  string     // a local path to go back to, instead of a client
	Beside  bool       // whoever signs in now does so beside those who are signed in in the browser: they chose "another account"
}

// Deps is what New needs.
type Deps struct {
	Ring Ring
	Now  func() time.Time
}

// Config is what an operator may change.
type Config struct {
	Lifetime time.Duration // how long a person may take from the request to the last step; 0: one hour, at most a day
}

// Flows seals and opens flows and signs steps. It is safe for concurrent use.
type Flows struct {
	ring     Ring
	now      func() time.Time
	lifetime time.Duration
}

// New returns Flows; a lifetime out of range counts as one hour.
func New(d Deps, c Config) *Flows {
	if c.Lifetime <= 0 || c.Lifetime > maxLifetime {
		c.Lifetime = defaultLifetime
	}
	return &Flows{ring: d.Ring, now: d.Now, lifetime: c.Lifetime}
}

// Begin returns an empty flow of the browser with a fresh id, started now.
func (f *Flows) Begin(tenant storage.ID, browser [16]byte) Flow {
	now := f.now()
	return Flow{ID: storage.NewID(now), Tenant: tenant, Started: now, Browser: browser}
}

// Seal encrypts fl into one parameter of at most MaxSealed bytes. errs.TooLarge when it does not fit; errs.Internal when fl is no whole flow.
func (f *Flows) Seal(fl Flow) (string, error) {
	plain, err := encode(fl)
	if err != nil {
		return "", err
	}
	sealed := f.ring.SealBytes(keys.Flows, aad(), plain)
	if base64.RawURLEncoding.EncodedLen(len(sealed)) > MaxSealed {
		return "", errs.New(errs.TooLarge, "The request is too large. Push it (RFC 9126), or send less.")
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made in the same browser within the lifetime. Every other case is errs.Invalid; AgainOf tells which client to go back
// to when the flow is genuine but stale or another browser's.
func (f *Flows) Open(s string, browser [16]byte) (*Flow, error) {
	fl, err := f.unseal(s)
	if err != nil {
		return nil, err
	}
	age := f.now().Sub(fl.Started)
	switch {
	case age >= f.lifetime || age < -clockSkew:
		return nil, again(fl, Stale)
	case !equal(fl.Browser, browser) || browser == [16]byte{}:
		return nil, again(fl, Foreign)
	}
	return fl, nil
}

func (f *Flows) unseal(s string) (*Flow, error) {
	if len(s) > MaxSealed {
		return nil, refused(nil)
	}
	sealed, ok := debase(s)
	if !ok {
		return nil, refused(nil)
	}
	plain, err := f.ring.OpenBytes(keys.Flows, aad(), sealed)
	if err != nil {
		return nil, refused(err)
	}
	fl, err := decode(plain)
	if err != nil {
		return nil, refused(err)
	}
	return fl, nil
}

// aad names the format, so that a later one never opens as this one.
func aad() []byte { return []byte{'f', 'l', 'o', 'w', formatFlow} }

package passkey

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jedan-auth/jedan-auth/internal/config"
)

// Config is what an operator may change.
type Config struct {
	Off              bool          `config:"off" default:"false" doc:"Nobody signs in with a passkey or adds one. They are off by themselves where the issuer's host is an IP address: browsers take names only."`
	RPID             string        `config:"rp_id" doc:"Domain that passkeys are bound to (RP ID): the issuer's host, or a domain above it. Empty: the issuer's host. Fixed once somebody has a passkey."`
	UserVerification string        `config:"user_verification" default:"required" doc:"required: the authenticator asks for fingerprint, face or PIN each time. preferred: where it does not, the passkey counts as one factor (acr 1)."`
	Attestation      string        `config:"attestation" default:"none" doc:"none: every authenticator may be used. direct: only those in aaguids, whose attestation chains to a root in attestation_roots."`
	AAGUIDs          []string      `config:"aaguids" doc:"Makes of authenticators that may be used with attestation: direct, as UUIDs."`
	Roots            string        `config:"attestation_roots" doc:"Path of the certificates (PEM) that attestation must chain to."`
	Algorithms       []string      `config:"algorithms" default:"[\"EdDSA\",\"ES256\",\"RS256\"]" doc:"Signature algorithms of new passkeys, best first: EdDSA, ES256, ES384, ES512, PS256, RS256."`
	Counter          string        `config:"counter" default:"warn" doc:"What follows when a passkey's signature counter goes back, as when a security key was copied: warn (an audit event) or refuse."`
	RelatedOrigins   []string      `config:"related_origins" doc:"Other https origins that may use these passkeys, published at /.well-known/webauthn. For a move to another host, on the server that keeps the old one."`
	OfferEvery       time.Duration `config:"offer_every" default:"720h" doc:"How long a browser is not offered a passkey again after a sign-in with a password; 0: never offered."`
	Most             int           `config:"per_person" default:"20" doc:"Most passkeys of one person."`
	Recent           time.Duration `config:"recent" default:"15m" doc:"How long ago a person may have signed in to add or remove a passkey."`
}

// Values of settings.
const (
	required, preferred = "required", "preferred"
	none, direct        = "none", "direct"
	warn, refuse        = "warn", "refuse"
)

// algorithms are COSE's numbers by the names of JOSE.
func algorithms() map[string]int64 {
	return map[string]int64{"EdDSA": -8, "ES256": -7, "ES384": -35, "ES512": -36, "PS256": -37, "RS256": -257}
}

// Validate refuses what cannot be meant.
func (c Config) Validate() error {
	var wrong []error
	for key, one := range map[string]struct {
		value   string
		allowed []string
	}{
		"user_verification": {c.UserVerification, []string{required, preferred}},
		"attestation":       {c.Attestation, []string{none, direct}},
		"counter":           {c.Counter, []string{warn, refuse}},
	} {
		if !slices.Contains(one.allowed, one.value) {
			wrong = append(wrong, config.Invalid(key, "must be "+strings.Join(one.allowed, " or ")))
		}
	}
	if c.Attestation == direct && (len(c.AAGUIDs) == 0 || c.Roots == "") {
		wrong = append(wrong, config.Invalid("attestation", "direct needs aaguids and attestation_roots: without a root to trust, an attestation proves nothing"))
	}
	if c.RPID != "" && !domain(c.RPID) {
		wrong = append(wrong, config.Invalid("rp_id", "must be a domain in lower case, such as example.org"))
	}
	if c.OfferEvery < 0 || c.Most < 1 || c.Most > 100 || c.Recent < time.Minute {
		wrong = append(wrong, config.Invalid("per_person", "offer_every must not be below 0, per_person must be 1 to 100, and recent at least 1m"))
	}
	return errors.Join(append(wrong, c.lists()...)...)
}

func (c Config) lists() []error {
	var wrong []error
	known := algorithms()
	for _, name := range c.Algorithms {
		if known[name] == 0 {
			wrong = append(wrong, config.Invalid("algorithms", "must be of "+strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		}
	}
	if len(c.Algorithms) == 0 {
		wrong = append(wrong, config.Invalid("algorithms", "must not be empty"))
	}
	for _, id := range c.AAGUIDs {
		if _, err := uuid.Parse(id); err != nil || len(id) != 36 {
			wrong = append(wrong, config.Invalid("aaguids", "must be UUIDs"))
		}
	}
	for _, origin := range c.RelatedOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" || u.Host == "" || origin != "https://"+u.Host || strings.ToLower(origin) != origin {
			wrong = append(wrong, config.Invalid("related_origins", "must be https origins in lower case, without a path"))
		}
	}
	return wrong
}

// domain is a name that browsers take as an RP ID.
func domain(s string) bool {
	if s == "" || len(s) > 253 || strings.Trim(s, "0123456789.") == "" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || label[0] == '-' {
			return false
		}
	}
	return true
}

// numbers are the algorithms in order.
func (c Config) numbers() []int64 {
	known := algorithms()
	out := make([]int64, len(c.Algorithms))
	for i, name := range c.Algorithms {
		out[i] = known[name]
	}
	return out
}

// makes are the allowed AAGUIDs.
func (c Config) makes() ([][16]byte, error) {
	var out [][16]byte
	for _, s := range c.AAGUIDs {
		id, err := uuid.Parse(s)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// roots reads the trusted certificates; nil when none are named.
func (c Config) roots() (*x509.CertPool, error) {
	if c.Roots == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.Roots)
	if err != nil {
		return nil, fmt.Errorf("login.passkeys.attestation_roots: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("login.passkeys.attestation_roots: no certificate in it")
	}
	return pool, nil
}

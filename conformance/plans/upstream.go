package plans

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
)

// Upstream is one plan of the suite in which it stands for the upstream of a connector: this server is the relying party.
type Upstream struct {
	// Name is our short name, as in `jedan-auth conformance run-rp rp-basic`.
	Name string `json:"name"`
	// SuitePlan is the suite's own name of the plan.
	SuitePlan string `json:"suite_plan"`
	// Title says in words what is certified.
	Title string `json:"title"`
	// Variant is what the suite leaves to the tester.
	Variant map[string]string `json:"variant"`

	Client    map[string]any            `json:"client"`    // further members of what the suite is told of us
	Connector map[string]any            `json:"connector"` // further members of the connector's config
	Settings  map[string]any            `json:"settings"`  // of its settings
	Registers bool                      `json:"registers"` // we register there: the suite knows nobody before
	Key       string                    `json:"key"`       // algorithm of a key of ours: by it we show who we are, or sign requests where we register
	Mutual    bool                      `json:"mutual"`    // we show who we are by a certificate, to which tokens are bound (RFC 8705)
	Bound     bool                      `json:"bound"`     // tokens are bound to a DPoP key of the run's
	Modules   map[string]UpstreamModule `json:"modules"`   // those that need something of their own
	Every     UpstreamModule            `json:"every"`     // what the others need
}

// Where a module may stop.
const (
	StopsAtDeparture    = "departure"
	StopsAtRegistration = "registration"
)

// UpstreamModule is what one module needs.
type UpstreamModule struct {
	Connector map[string]any `json:"connector"` // over the plan's
	SignIns   int            `json:"sign_ins"`  // 0: one
	Apart     int            `json:"apart"`     // seconds between two of them
	Stops     string         `json:"stops"`     // the module ends before the sign-in does, and takes what comes then for a mistake: "departure" or "registration"
	Known     bool           `json:"known"`     // we do not register, though the plan does
	Leaves    bool           `json:"leaves"`    // the person signs out again
	Calls     string         `json:"calls"`     // path of an API of the upstream's that is asked with the token that came of the sign-in
}

// UpstreamValues are what a run knows.
type UpstreamValues struct {
	Issuer string // ours
	Name   string // of the connector
	CA     string // certificates that the suite's is checked by, in PEM
}

// ClientID is what the suite calls us where it does not say so itself.
const ClientID = "jedan-auth"

// Upstreams returns every such plan in the order in which they are written down.
func Upstreams() ([]Upstream, error) { return loadUpstreams(files) }

func loadUpstreams(src fs.FS) ([]Upstream, error) {
	var all []Upstream
	if err := decode(src, "data/upstream.json", &all); err != nil {
		return nil, err
	}
	for _, u := range all {
		if u.Name == "" || u.SuitePlan == "" || u.Title == "" {
			return nil, fmt.Errorf("upstream.json: %q: %w", u.Name, errors.New("name, suite_plan and title must be given"))
		}
	}
	return all, nil
}

// MatchUpstreams returns the plans whose name fits a name or a pattern such as rp-*, or ErrUnknownPlan with the names that exist.
func MatchUpstreams(pattern string) ([]Upstream, error) {
	all, err := Upstreams()
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(all))
	for _, u := range all {
		names = append(names, u.Name)
	}
	found := slices.DeleteFunc(all, func(u Upstream) bool { return !Fits(pattern, u.Name) })
	if len(found) == 0 {
		return nil, fmt.Errorf("%w %q: there are %s", ErrUnknownPlan, pattern, strings.Join(names, ", "))
	}
	return found, nil
}

// Pairing is what both sides of a plan are given, made anew for each run.
type Pairing struct {
	plan   Upstream
	v      UpstreamValues
	secret string
	key    *ownKey
	dpop   *ownKey
	cert   *certificate
}

// ownKey is a key of ours as both sides want it.
type ownKey struct {
	key
	private crypto.Signer
	pem     string
}

// Pair makes the secret or the keys.
func (u Upstream) Pair(v UpstreamValues) (*Pairing, error) {
	p := &Pairing{plan: u, v: v}
	var err error
	if u.Bound {
		if p.dpop, err = newOwnKey("ES256"); err != nil {
			return nil, err
		}
	}
	switch {
	case u.Key != "":
		p.key, err = newOwnKey(u.Key)
		return p, err
	case u.Mutual:
		p.cert, err = newCertificate(ClientID)
		return p, err
	}
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it crashes the process instead
	p.secret = base64.RawURLEncoding.EncodeToString(b[:])
	return p, nil
}

func newOwnKey(alg string) (*ownKey, error) {
	signer, err := newSigner(alg)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	sum, err := (&jose.JSONWebKey{Key: signer.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("name a key: %w", err)
	}
	k, err := asKey(signer, alg, base64.RawURLEncoding.EncodeToString(sum)) // as the connector names it
	return &ownKey{key: k, private: signer, pem: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))}, err
}

// Configuration is what the suite is told. There is no alias: each module is an issuer of its own, and nothing that is kept of one counts for the next.
func (p *Pairing) Configuration() map[string]any {
	base := p.v.Issuer + "/federation/" + p.v.Name + "/"
	client := map[string]any{}
	if !p.plan.Registers {
		client = map[string]any{"client_id": ClientID, "redirect_uri": base + "callback"}
	}
	if p.secret != "" && !p.plan.Registers {
		client["client_secret"] = p.secret
	}
	if p.key != nil && !p.plan.Registers {
		client["jwks"] = map[string]any{"keys": []any{p.key.public}}
	}
	if p.cert != nil {
		client["certificate"] = p.cert.pem
	}
	f := filler{strings.NewReplacer("{base}", base).Replace}
	more, _ := f.fill(p.plan.Client).(map[string]any)
	return map[string]any{
		"description": "Jedan-Auth as a relying party: " + p.plan.Title, "client": merged(client, more),
		"waitTimeoutSeconds": 2, // how long the suite waits to see that nothing comes after what must be refused
	}
}

// Config is the connector's, for a module that runs as this issuer.
func (p *Pairing) Config(module, issuer string) map[string]any {
	config := map[string]any{"issuer": issuer, "userinfo": true, "ca": p.v.CA}
	switch {
	case !p.plan.Registers || p.plan.Modules[module].Known:
		config["client_id"] = ClientID
		config = merged(config, p.credentials())
	case p.key != nil:
		config["register"], config["key"] = true, p.key.pem
	default:
		config["register"] = true
	}
	return merged(merged(config, p.plan.Connector), p.plan.Modules[module].Connector)
}

func (p *Pairing) credentials() map[string]any {
	out := map[string]any{}
	if p.secret != "" {
		out["client_secret"] = p.secret
	}
	if p.key != nil && p.plan.Registers { // it signs requests alone
		out["token_endpoint_auth_method"], out["key"] = "none", p.key.pem
	} else if p.key != nil {
		out["token_endpoint_auth_method"], out["key"] = "private_key_jwt", p.key.pem
	}
	if p.cert != nil {
		out["token_endpoint_auth_method"], out["tls_key"] = "tls_client_auth", p.cert.keyPEM+p.cert.pem
	}
	if p.dpop != nil {
		out["dpop"], out["dpop_key"] = true, p.dpop.pem
	}
	return out
}

// Secrets are the strings of the run that must not be read by others.
func (p *Pairing) Secrets() []string {
	out := []string{p.secret}
	if p.cert != nil {
		out = append(out, p.cert.keyPEM)
	}
	for _, k := range []*ownKey{p.key, p.dpop} {
		if k != nil {
			out = append(append(out, k.secrets()...), k.pem)
		}
	}
	return out
}

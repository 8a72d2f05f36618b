package resource

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

const (
	maxProof = 8 << 10
	maxAge   = time.Minute      // of a proof
	maxAhead = 10 * time.Second // that the client's clock may be
)

var errProof = errors.New("the DPoP proof does not count")

// proofs judges DPoP proofs for one resource, and remembers those of the last minutes.
type proofs struct {
	url string
	now func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time // by key and jti: when it may be forgotten
}

// claims are those of RFC 9449 section 4.2.
type claims struct {
	JTI string   `json:"jti"`
	HTM string   `json:"htm"`
	HTU string   `json:"htu"`
	ATH string   `json:"ath"`
	IAT *float64 `json:"iat"`
}

// judge returns the thumbprint of the key that made the proof of this request.
func (p *proofs) judge(r *http.Request, token string) (jkt string, err error) {
	all := r.Header.Values("Dpop")
	if len(all) != 1 || len(all[0]) > maxProof {
		return "", errProof
	}
	key, c, err := open(all[0])
	if err != nil {
		return "", err
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errProof, err)
	}
	jkt = base64.RawURLEncoding.EncodeToString(sum)
	ath := sha256.Sum256([]byte(token))
	switch {
	case c.JTI == "" || c.IAT == nil, c.HTM != r.Method, !sameURL(c.HTU, p.url), c.ATH != base64.RawURLEncoding.EncodeToString(ath[:]):
		return "", errProof
	}
	return jkt, p.once(jkt+" "+c.JTI, time.Unix(int64(*c.IAT), 0))
}

// open verifies the signature with the key in the header.
func open(proof string) (*jose.JSONWebKey, claims, error) {
	var c claims
	jws, err := jose.ParseSignedCompact(proof, []jose.SignatureAlgorithm{jose.ES256, jose.PS256, jose.EdDSA})
	if err != nil {
		return nil, c, fmt.Errorf("%w: %w", errProof, err)
	}
	header := jws.Signatures[0].Protected
	key := header.JSONWebKey
	if header.ExtraHeaders[jose.HeaderType] != "dpop+jwt" || key == nil || !key.IsPublic() || !key.Valid() {
		return nil, c, errProof
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, c, fmt.Errorf("%w: %w", errProof, err)
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, c, fmt.Errorf("%w: %w", errProof, err)
	}
	return key, c, nil
}

// once accepts a proof that was made just now, the first time.
func (p *proofs) once(id string, made time.Time) error {
	now := p.now()
	if made.Before(now.Add(-maxAge)) || made.After(now.Add(maxAhead+time.Second)) {
		return errProof
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for old, until := range p.seen {
		if until.Before(now) {
			delete(p.seen, old)
		}
	}
	if _, again := p.seen[id]; again {
		return errProof
	}
	p.seen[id] = now.Add(maxAge + 2*maxAhead)
	return nil
}

// sameURL compares as RFC 9449 section 4.3 says: without query and fragment, scheme and host in any case, the scheme's port or none.
func sameURL(a, b string) bool {
	x, err := normal(a)
	if err != nil {
		return false
	}
	y, err := normal(b)
	return err == nil && x == y
}

func normal(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		return "", err
	}
	host := strings.ToLower(u.Host)
	if strings.EqualFold(u.Scheme, "https") {
		host = strings.TrimSuffix(host, ":443")
	}
	return strings.ToLower(u.Scheme) + "://" + host + u.EscapedPath(), nil
}

package social

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/federation"
)

// kept is what Complete needs again.
type kept struct {
	Verifier string `json:"verifier"` // RFC 7636; empty for a service that refuses it
}

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it crashes the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Begin implements federation.Redirector with the authorization request of RFC 6749 section 4.1.1. What else was wished for (a fresh sign-in, a
// class) these services have no word for.
func (c *connector) Begin(_ context.Context, w federation.Wish) (*federation.Departure, error) {
	u, err := url.Parse(c.c.Authorization)
	if err != nil {
		return nil, err
	}
	var k kept
	q := u.Query()
	for name, value := range map[string]string{
		"response_type": "code", "client_id": c.c.ClientID, "redirect_uri": w.CallbackURL, "scope": strings.Join(c.c.Scopes, c.c.template.scopeSeparator), "state": w.State,
	} {
		q.Set(name, value)
	}
	if !c.c.NoPKCE {
		k.Verifier = random()
		sum := sha256.Sum256([]byte(k.Verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	c.c.template.ask(w, q)
	u.RawQuery = q.Encode()
	plain, err := json.Marshal(k)
	return &federation.Departure{URL: u.String(), Kept: plain}, err
}

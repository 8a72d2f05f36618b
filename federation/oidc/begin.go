package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
)

// kept is what Complete needs again.
type kept struct {
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // RFC 7636; empty for a provider that refuses it
}

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it crashes the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Begin implements federation.Redirector.
func (c *connector) Begin(ctx context.Context, w federation.Wish) (*federation.Departure, error) {
	m, err := c.discover(ctx)
	if err != nil {
		return nil, err
	}
	k := kept{Nonce: random()}
	if !c.c.template.noPKCE {
		k.Verifier = random()
	}
	plain, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(m.Authorization)
	if err != nil {
		return nil, away(err)
	}
	request, err := c.request(w, k)
	if err != nil {
		return nil, err
	}
	switch {
	case c.pushes(m):
		if request, err = c.push(ctx, m, request); err != nil {
			return nil, err
		}
	case c.c.RequestURI:
		request = c.reference(w, request)
	}
	q := u.Query()
	for name, value := range request {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return &federation.Departure{URL: u.String(), Kept: plain}, nil
}

// request is the authorization request (OpenID Connect Core section 3.1.2.1).
func (c *connector) request(w federation.Wish, k kept) (map[string]string, error) {
	out := map[string]string{
		"response_type": c.c.ResponseType, "client_id": c.c.ClientID, "redirect_uri": w.CallbackURL, "scope": strings.Join(c.c.Scopes, " "), "state": w.State, "nonce": k.Nonce,
	}
	if k.Verifier != "" {
		sum := sha256.Sum256([]byte(k.Verifier))
		out["code_challenge"], out["code_challenge_method"] = base64.RawURLEncoding.EncodeToString(sum[:]), "S256"
	}
	if c.c.FormPost {
		out["response_mode"] = "form_post"
	}
	switch {
	case w.Silent:
		out["prompt"] = "none"
	case w.Fresh:
		out["prompt"] = "login"
	}
	if w.MaxAge > 0 || w.Fresh {
		out["max_age"] = strconv.Itoa(int(w.MaxAge / time.Second))
	}
	for name, value := range map[string]string{"acr_values": strings.Join(w.ACR, " "), "login_hint": w.Hint, "ui_locales": w.Locales} {
		if value != "" {
			out[name] = value
		}
	}
	if c.c.DPoP {
		var err error
		if out["dpop_jkt"], err = c.thumbprint(); err != nil {
			return nil, err
		}
	}
	c.c.template.ask(c.c, out)
	return out, nil
}

package runner

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// call does what an application would that has got the upstream's token from us: it asks an API there. Once more, where that wants another nonce in
// the proof (RFC 9449 section 9).
func (r relyingRun) call(ctx context.Context, base, path string) error {
	token, err := r.side.connectors.Token(ctx, connectorName)
	if err != nil {
		return fmt.Errorf("the upstream's token: %w", err)
	}
	client, base, err := r.api(ctx, base)
	if err != nil {
		return err
	}
	nonce, status := "", 0
	for range 2 {
		if status, nonce, err = r.ask(ctx, client, base+path, token, nonce); err != nil {
			return err
		}
		if status != http.StatusUnauthorized || nonce == "" {
			break
		}
	}
	if status != http.StatusOK {
		return fmt.Errorf("the upstream's API answered %d", status)
	}
	return nil
}

// api is by what, and where, the upstream is asked: where it asks for certificates, if tokens are bound to one (RFC 8705 section 5).
func (r relyingRun) api(ctx context.Context, base string) (*http.Client, string, error) {
	cert, err := r.pair.Certificate()
	if err != nil || cert == nil {
		return r.deps.HTTP, base, err
	}
	plain, ok := r.deps.HTTP.Transport.(*http.Transport)
	if !ok {
		return nil, "", errors.New("the suite is reached by a client that takes no certificate")
	}
	mutual := plain.Clone()
	if mutual.TLSClientConfig == nil {
		mutual.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	mutual.TLSClientConfig.Certificates = []tls.Certificate{*cert}
	client := &http.Client{Transport: mutual, Timeout: requestTimeout, CheckRedirect: refuseRedirect}
	var m struct {
		Aliases struct {
			Token string `json:"token_endpoint"`
		} `json:"mtls_endpoint_aliases"`
	}
	raw, err := suite{base: strings.TrimSuffix(base, "/"), http: client}.do(ctx, call{what: "ask where certificates are wanted", method: http.MethodGet, path: "/.well-known/openid-configuration", want: http.StatusOK})
	if err != nil {
		return nil, "", err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, "", fmt.Errorf("ask where certificates are wanted: %w", err)
	}
	return client, strings.TrimSuffix(m.Aliases.Token, "token"), nil
}

func (r relyingRun) ask(ctx context.Context, client *http.Client, address, token, nonce string) (status int, next string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	proof, err := r.pair.Proof(address, token, nonce, r.deps.Now())
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", r.pair.TokenType()+" "+token)
	if proof != "" {
		req.Header.Set("DPoP", proof)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("the upstream's API: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, maxDocument))
	return res.StatusCode, res.Header.Get("DPoP-Nonce"), errors.Join(err, res.Body.Close())
}

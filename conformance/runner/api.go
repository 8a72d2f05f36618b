package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// call does what an application would that has got the upstream's token from us: it asks an API there. Once more, where that wants another nonce in
// the proof (RFC 9449 section 9).
func (r relyingRun) call(ctx context.Context, address string) error {
	token, err := r.side.connectors.Token(ctx, connectorName)
	if err != nil {
		return fmt.Errorf("the upstream's token: %w", err)
	}
	nonce, status := "", 0
	for range 2 {
		if status, nonce, err = r.ask(ctx, address, token, nonce); err != nil {
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

func (r relyingRun) ask(ctx context.Context, address, token, nonce string) (status int, next string, err error) {
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
	res, err := r.deps.HTTP.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("the upstream's API: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, maxDocument))
	return res.StatusCode, res.Header.Get("DPoP-Nonce"), errors.Join(err, res.Body.Close())
}

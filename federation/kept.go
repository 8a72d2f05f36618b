package federation

import (
	"encoding/json"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TokensOf opens what is kept of the upstream's tokens for a link, for tools of the operator's own; errs.NotFound when there are none.
func (m *Manager) TokensOf(l *storage.Link) (*Tokens, error) {
	if l.Tokens.IsZero() {
		return nil, errs.New(errs.NotFound, "No tokens are kept for this sign-in.")
	}
	plain, err := m.Ring.Open(tokensAt(l), l.Tokens)
	if err != nil {
		return nil, err
	}
	t := new(Tokens)
	return t, json.Unmarshal(plain, t)
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// suiteProvider is the server under test as conformance/runner uses it. What it makes is taken away after the run: the suite knows the secrets.
type suiteProvider struct {
	a *app.App

	mu        sync.Mutex // plans run side by side
	clients   []string
	tokens    []storage.ID
	resources []string
}

// CreateClient implements runner.Provider.
func (s *suiteProvider) CreateClient(ctx context.Context, metadata json.RawMessage) (id, secret string, err error) {
	doc, err := register.ParseDocument(metadata)
	if err != nil {
		return "", "", err
	}
	g, err := s.a.Registrar.Create(ctx, doc.ClientMetadata, register.Options{Actor: registrant()})
	if err != nil {
		return "", "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, g.Client.ClientID)
	return g.Client.ClientID, g.Secret, nil
}

// longestRun is how long an initial access token of a run counts.
const longestRun = 24 * time.Hour

// InitialAccessToken implements runner.Provider.
func (s *suiteProvider) InitialAccessToken(ctx context.Context) (string, error) {
	if !s.a.Config.Register.On() {
		return "", errs.New(errs.Invalid, "The plan registers its clients itself: registration.mode must be token.")
	}
	token, row, err := s.a.Registrar.NewInitialAccess(ctx, register.InitialAccess{Uses: -1, Life: longestRun, Note: "conformance run", Actor: registrant()})
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, row.ID)
	return token, nil
}

// CreateResource implements runner.Provider.
func (s *suiteProvider) CreateResource(ctx context.Context, identifier, scope, owner string) error {
	res := register.Resource{Identifier: identifier, Name: "Conformance run", Scopes: []string{scope}, Owner: owner}
	if _, err := s.a.Registrar.CreateResource(ctx, res, registrant()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resources = append(s.resources, identifier)
	return nil
}

// RotateKeys implements runner.Provider. Keys of EdDSA are left alone: the suite cannot compare them, and takes a new one for an error.
func (s *suiteProvider) RotateKeys(ctx context.Context) error {
	for _, alg := range s.a.Config.Keys.Algorithms {
		if alg == "EdDSA" {
			continue
		}
		if err := s.a.Keys.Rotate(ctx, alg, actorID()); err != nil {
			return err
		}
	}
	return nil
}

func (s *suiteProvider) leave(ctx context.Context) error {
	var all error
	for _, id := range s.resources {
		all = errors.Join(all, gone(s.a.Registrar.DeleteResource(ctx, id, registrant())))
	}
	for _, id := range s.clients {
		all = errors.Join(all, gone(s.a.Registrar.Delete(ctx, id, registrant())))
	}
	for _, id := range s.tokens {
		all = errors.Join(all, gone(s.a.Registrar.DeleteInitialAccess(ctx, id, registrant())))
	}
	return all
}

// gone forgives that somebody was faster.
func gone(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

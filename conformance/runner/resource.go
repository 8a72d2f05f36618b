package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/conformance/resource"
)

// resourceScope is what the plans' clients ask for where they ask for no openid.
const resourceScope = "accounts"

// openResource starts a resource server if a plan needs one and the configuration names none.
func (r *Runner) openResource(ctx context.Context, chosen []plans.Plan) (closer func(), err error) {
	nothing := func() {}
	if !slices.ContainsFunc(chosen, plans.Plan.UsesResource) {
		return nothing, nil
	}
	if r.config.Resource != "" {
		return nothing, r.createResource(ctx, "")
	}
	m, err := r.discover(ctx)
	if err != nil {
		return nil, err
	}
	id, secret, err := r.deps.Provider.CreateClient(ctx, json.RawMessage(
		`{"client_name":"Conformance resource server","grant_types":["client_credentials"],"response_types":[],"token_endpoint_auth_method":"client_secret_basic"}`))
	if err != nil {
		return nil, fmt.Errorf("create the client of the resource server: %w", err)
	}
	if err := r.createResource(ctx, id); err != nil {
		return nil, err
	}
	l, address, err := resource.Listen(ctx, r.deps.Now())
	if err != nil {
		return nil, err
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: resource.New(resource.Config{
		URL: address, Introspection: m.Introspection, ID: id, Secret: secret, Scope: resourceScope, HTTP: r.deps.Public, Now: r.deps.Now,
	})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // always an error; a resource that is not there fails its modules
	}()
	r.config.Resource = address
	return func() {
		_ = server.Close()
		<-served
	}, nil
}

// createResource registers what the plans' clients get their tokens for: the suite names no resource, so it is their default.
func (r *Runner) createResource(ctx context.Context, owner string) error {
	if err := r.deps.Provider.CreateResource(ctx, plans.Resource, resourceScope, owner); err != nil {
		return fmt.Errorf("create the resource: %w", err)
	}
	return nil
}

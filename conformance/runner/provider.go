package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// maxDocument bounds what is read of a document of the provider.
const maxDocument = 1 << 20

// errNotRotated is returned when the provider's published keys stay as they were.
var errNotRotated = errors.New("the provider publishes no new key")

// metadata is what of the provider's discovery document a run needs.
type metadata struct {
	UserInfo      string `json:"userinfo_endpoint"`
	JWKS          string `json:"jwks_uri"`
	Introspection string `json:"introspection_endpoint"`
	Aliases       struct {
		UserInfo string `json:"userinfo_endpoint"`
	} `json:"mtls_endpoint_aliases"`
}

func (r *Runner) values(ctx context.Context, p plans.Plan) (plans.Values, error) {
	v := plans.Values{Suite: r.config.Suite, Issuer: r.config.Issuer, Username: r.config.Username, Password: r.config.Password, Resource: r.config.Resource}
	m, err := r.discover(ctx)
	if err != nil {
		return v, err
	}
	v.UserInfo, v.MTLSUserInfo = m.UserInfo, m.Aliases.UserInfo
	if v.MTLSUserInfo == "" {
		v.MTLSUserInfo = m.UserInfo
	}
	if p.RegistersClients() {
		if v.InitialAccessToken, err = r.deps.Provider.InitialAccessToken(ctx); err != nil {
			return v, fmt.Errorf("make an initial access token for %s: %w", p.Name, err)
		}
	}
	return v, nil
}

func (r *Runner) discover(ctx context.Context) (metadata, error) {
	var m metadata
	raw, err := r.fetch(ctx, r.config.Issuer+"/.well-known/openid-configuration")
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("read the provider's discovery document: %w", err)
	}
	return m, nil
}

func (r *Runner) fetch(ctx context.Context, target string) (raw []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, fmt.Errorf("the provider's address: %w", err)
	}
	res, err := r.deps.Public.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the provider: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch %s: the provider answered %d", target, res.StatusCode)
	}
	raw, err = io.ReadAll(io.LimitReader(res.Body, maxDocument))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", target, err)
	}
	return raw, nil
}

// rotateKeys does what the module asks a person to do: it waits until the module has seen the published keys, has them rotated,
// waits until the new ones are published, and starts the module.
func (r planRun) rotateKeys(ctx context.Context, id string, deadline time.Time) error {
	status, err := r.suite.waitForSetUp(ctx, id, r.config.Wait)
	if err != nil || status != "CONFIGURED" {
		return err
	}
	m, err := r.discover(ctx)
	if err != nil {
		return err
	}
	before, err := r.fetch(ctx, m.JWKS)
	if err != nil {
		return err
	}
	if err := r.rotate(ctx, deadline); err != nil {
		return fmt.Errorf("rotate the provider's keys: %w", err)
	}
	for {
		after, err := r.fetch(ctx, m.JWKS)
		if err != nil {
			return err
		}
		if string(after) != string(before) {
			return r.suite.start(ctx, id)
		}
		if !r.deps.Now().Before(deadline) {
			return errNotRotated
		}
		if err := r.deps.Pause(ctx, r.config.Poll); err != nil {
			return err
		}
	}
}

// rotate waits while the successor of an earlier plan's rotation is published and does not sign yet.
func (r planRun) rotate(ctx context.Context, deadline time.Time) error {
	for {
		err := r.deps.Provider.RotateKeys(ctx)
		if !errs.Is(err, errs.Conflict) || !r.deps.Now().Before(deadline) {
			return err
		}
		if err := r.deps.Pause(ctx, r.config.Poll); err != nil {
			return err
		}
	}
}

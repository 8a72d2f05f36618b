package authorize

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Asked is what a screen may show of a request: who asks, for what.
type Asked struct {
	Client     *core.Client
	Scopes     []string      // also "claim:<scope>" for claims that no scope covers
	Details    []core.Detail // each also in Scopes, by its Key
	Resources  []string
	FormAction string // CSP source of the redirect URI
	Binding    string
	Redirect   string
	Until      time.Time                  // when the access ends at the latest
	Person     func(*storage.Person) bool // recognises whom the request insists on; nil: anybody
}

// View judges a flow again and says what is asked, for the consent screen.
func (e *Endpoint) View(ctx context.Context, fl *flow.Flow) (*Asked, error) {
	r, err := e.judge(ctx, fl.Params, origin{opened: fl.Started, flow: true})
	if err != nil {
		return nil, err
	}
	v := &visit{request: r, flow: fl}
	a := &Asked{
		Client: r.Client, Scopes: r.asked(), Details: r.Details, Resources: r.Resources, FormAction: web.FormActionSource(r.RedirectURI), Binding: v.binding(),
		Redirect: r.RedirectURI,
	}
	if a.Until, err = e.until(ctx, r); err != nil {
		return nil, err
	}
	if r.HintSubject != "" || len(r.Wanted) > 0 {
		a.Person = r.hinted
	}
	return a, nil
}

// until is when a grant of everything that is asked would end, if it were given now.
func (e *Endpoint) until(ctx context.Context, r *request) (time.Time, error) {
	g := &storage.Grant{CreatedAt: e.Now(), Scopes: r.Scopes, Resources: r.Resources}
	err := e.Issuance.Endure(ctx, r.Client, g, r.Client.CodeLife(e.Config.CodeLifetime))
	return g.ExpiresAt, err
}

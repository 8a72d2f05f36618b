package logout

import (
	"context"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// request is a logout request as the rows judge it.
type request struct {
	e        *Endpoint
	Params   url.Values
	verdicts []verdict.Verdict

	hint   *core.IDTokenHint
	client *core.Client
	back   string // registered post_logout_redirect_uri
}

// Rows is the table of the end-session endpoint.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "logout.id_token_hint", Check: checkHint},
		{Name: "logout.client", Check: checkClient},
		{Name: "logout.hinted_client", Check: checkHintedClient},
		{Name: "logout.redirect_uri", Check: checkRedirectURI},
	}
}

func checkHint(_ context.Context, r *request) (err error) {
	if hint := r.Params.Get("id_token_hint"); hint != "" {
		r.hint, err = core.ReadIDTokenHint(r.e.Signer, r.e.Issuer, hint)
	}
	return err
}

// checkClient finds who asks: by client_id, or by the audience of the hint.
func checkClient(ctx context.Context, r *request) error {
	id := r.Params.Get("client_id")
	if id == "" && r.hint != nil && len(r.hint.Audience) == 1 {
		id = r.hint.Audience[0]
	}
	if id == "" {
		return nil
	}
	client, err := r.e.Clients.ByClientID(ctx, id)
	if errs.CodeOf(err) == errs.NotFound {
		return core.InvalidRequest("The app is not registered here.", "a registered client", "an unknown one")
	}
	r.client = client
	return err
}

// checkHintedClient refuses a client_id that the hint was not issued to (section 2).
func checkHintedClient(_ context.Context, r *request) error {
	if r.hint != nil && r.client != nil && !slices.Contains(r.hint.Audience, r.client.ClientID) {
		return core.InvalidRequest("The id_token_hint was not issued to this app.", "an ID token of this client", "another's")
	}
	return nil
}

// checkRedirectURI takes only URIs registered by the client that asks, compared byte by byte (section 3).
func checkRedirectURI(_ context.Context, r *request) error {
	uri := r.Params.Get("post_logout_redirect_uri")
	if uri == "" {
		return nil
	}
	if r.client == nil || !slices.Contains(r.client.Metadata.PostLogoutRedirectURIs, uri) {
		return core.InvalidRequest("The post_logout_redirect_uri is not registered for this app.", "a registered URI of a known client", "another")
	}
	r.back = uri
	return nil
}

func (r *request) clientName() string {
	if r.client == nil {
		return ""
	}
	return r.client.Name()
}

func (r *request) hidden() [][2]string {
	var out [][2]string
	for _, name := range params() {
		if v := r.Params.Get(name); v != "" {
			out = append(out, [2]string{name, v})
		}
	}
	return out
}

func (r *request) query() string {
	q := url.Values{}
	for _, f := range r.hidden() {
		q.Set(f[0], f[1])
	}
	return q.Encode()
}

package logout

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// BackchannelKind is the outbox's name for logout tokens.
const BackchannelKind = "backchannel_logout"

// tokenType is a logout token's typ, and no other's: it passes for no ID token or access token, nor they for it.
const tokenType = "logout+jwt"

// tokenLife is how long a logout token counts: each attempt makes its own.
const tokenLife = 2 * time.Minute

// event is the member of events that makes a token a logout token (OpenID Connect Back-Channel Logout section 2.4).
const event = "http://schemas.openid.net/event/backchannel-logout"

// notice is what waits in the outbox, sealed. The token is made when it is sent.
type notice struct {
	Client  storage.ID `json:"client"`
	Subject string     `json:"sub"`
	SID     storage.ID `json:"sid"`
}

// Farewell implements storage.Farewell: a message to each client that has registered where to hear of it. A client is told of one session after the other.
func Farewell(s outbox.Sealer, now time.Time, tenant storage.ID, gone []storage.Participant) ([]*storage.OutboxMessage, error) {
	var out []*storage.OutboxMessage
	for _, p := range gone {
		if p.Client.Disabled || p.Client.Metadata.BackchannelLogoutURI == "" {
			continue
		}
		m, err := outbox.Compose(s, now, outbox.Draft{
			Tenant: tenant, Kind: BackchannelKind, Target: p.Client.ID.String(), Payload: notice{p.Client.ID, p.Subject, p.SID},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Poster posts forms to an address that somebody else named (fetch.Client). It follows no redirects.
type Poster interface {
	PostForm(ctx context.Context, address string, form url.Values, header http.Header) (*fetch.Response, error)
}

// Backchannel delivers logout tokens (OpenID Connect Back-Channel Logout 1.0).
type Backchannel struct {
	Issuer  string
	Clients *core.Clients
	Signer  core.Signer
	Post    Poster
	Now     func() time.Time
}

// Deliver implements outbox.Handler (section 2.8).
func (b *Backchannel) Deliver(ctx context.Context, m outbox.Message) error {
	var n notice
	if err := json.Unmarshal(m.Payload, &n); err != nil {
		return outbox.Permanent(err)
	}
	client, to, err := b.Clients.Recipient(ctx, n.Client, func(m *storage.ClientMetadata) string { return m.BackchannelLogoutURI })
	if err != nil {
		return err
	}
	token, err := b.token(ctx, client, n)
	if err != nil {
		return err
	}
	return core.Delivered(b.Post.PostForm(ctx, to, url.Values{"logout_token": {token}}, nil))
}

// token makes a logout token (section 2.4), signed and encrypted as the client's ID tokens are (section 2.6). It never has a nonce.
func (b *Backchannel) token(ctx context.Context, c *core.Client, n notice) (string, error) {
	now := b.Now()
	body, err := json.Marshal(map[string]any{
		"iss": b.Issuer, "aud": c.ClientID, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "jti": storage.NewID(now).String(),
		"sub": n.Subject, "sid": n.SID.String(), "events": map[string]any{event: struct{}{}},
	})
	if err != nil {
		return "", err
	}
	token, err := b.Signer.Sign(c.IDTokenAlg(), tokenType, body)
	if err != nil {
		return "", err
	}
	return c.IDTokenEncryption().Nest(ctx, c, token)
}

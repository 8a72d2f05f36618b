package core

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Descriptions finds clients that describe themselves: client_id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document).
type Descriptions interface {
	// Names reports whether a client_id is such a URL that the configuration allows.
	Names(clientID string) bool
	// Client returns what is published there, with what the operator set in the stored row, if there is one; errs.NotFound when that is no client,
	// errs.Unavailable when there was no answer.
	Client(ctx context.Context, clientID string, stored *storage.Client) (*storage.Client, error)
	// Row returns a client by the row that it has or would have, if it was asked for lately.
	Row(id storage.ID) (*storage.Client, bool)
	// Keep stores the client as it is described now. Only somebody's consent makes a row.
	Keep(ctx context.Context, c *storage.Client) error
}

// WithDescriptions makes c find clients that describe themselves, too. It is called before c is used.
func (c *Clients) WithDescriptions(d Descriptions) *Clients {
	c.descriptions = d
	return c
}

// described looks at the document that a client_id names. What an operator registered under that name goes before; what was stored of a document stands
// in while its place does not answer, and says whether the operator disabled the client.
func (c *Clients) described(ctx context.Context, id string) (*Client, error) {
	stored, err := c.byName.Get(ctx, id)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err == nil && !stored.Metadata.Described {
		return stored, nil
	}
	var before *storage.Client
	if err == nil {
		before = stored.Client
	}
	row, err := c.descriptions.Client(ctx, id, before)
	if before != nil && err != nil && !errs.Is(err, errs.NotFound) {
		return stored, nil
	}
	return c.parsed(row, err)
}

// Stored returns a registered client without asking anybody else, for what stands on an earlier authorization.
// fresh is whether memory may be believed.
func (c *Clients) Stored(ctx context.Context, fresh bool, id string) (*Client, error) {
	return c.byName.GetIf(ctx, fresh, id)
}

// Keep stores a client that describes itself, now that a person wants it; others are stored already.
func (c *Clients) Keep(ctx context.Context, client *Client) error {
	if !client.Metadata.Described || c.descriptions == nil {
		return nil
	}
	return c.descriptions.Keep(ctx, client.Client)
}

// Digest changes whenever a described client's document does; empty for others, whose changes an operator or the client's own token made.
func (c *Client) Digest() string {
	if !c.Metadata.Described {
		return ""
	}
	raw, err := json.Marshal(c.Metadata)
	var members map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(raw, &members)
	}
	for name := range members {
		if strings.HasPrefix(name, "jedan_") {
			delete(members, name)
		}
	}
	if raw, err = json.Marshal(members); err != nil {
		return "unreadable"
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

package register

import (
	"container/list"
	"context"
	"crypto/sha256"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Bounds of clients that describe themselves.
const (
	maxDocument    = 5 << 10 // bytes, as the draft recommends
	maxDocumentURL = 512
	maxDescribed   = 1000 // in memory
	documentMost   = time.Hour
)

// Documents finds clients whose client_id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document). Nothing is stored of them before a
// person has consented.
type Documents struct {
	c         Config
	r         *Registrar
	documents core.Documents
	log       *slog.Logger
	limit     *ratelimit.Limiter // of fresh looks at documents, by host

	mu     sync.Mutex
	kept   map[string]*list.Element // of *described, by URL
	rows   map[storage.ID]string
	recent *list.List
}

// described is a client as its document says, and the document that said so.
type described struct {
	url     string
	from    *fetch.Document
	version int64 // of the stored row that was laid over it; 0: none
	client  *storage.Client
}

var _ core.Descriptions = (*Documents)(nil)

// NewDocuments returns a finder for a configuration that allows some hosts.
func NewDocuments(c Config, r *Registrar, documents core.Documents, log *slog.Logger, now func() time.Time) (*Documents, error) {
	limit, err := ratelimit.New(ratelimit.Config{Events: 120, Per: time.Minute, Now: now})
	if err != nil {
		return nil, err
	}
	return &Documents{
		c: c, r: r, documents: documents, log: log, limit: limit, kept: map[string]*list.Element{}, rows: map[storage.ID]string{}, recent: list.New(),
	}, nil
}

// documentRules judge a client_id that is a URL.
func documentRules() []uriRule {
	return []uriRule{uriHTTPS, uriFragment, uriNoQuery, uriUserinfo, uriHost, uriPort, uriHasPath, uriPath}
}

func uriNoQuery(raw string, _ *url.URL) string {
	if strings.ContainsRune(raw, '?') {
		return "must not have a query"
	}
	return ""
}

func uriHasPath(_ string, u *url.URL) string {
	if u.Path == "" {
		return "must have a path"
	}
	return ""
}

// Names implements core.Descriptions.
func (d *Documents) Names(clientID string) bool {
	if !strings.HasPrefix(clientID, "https://") || len(clientID) > maxDocumentURL || judgeURI(clientID, documentRules()) != "" {
		return false
	}
	u, err := url.Parse(clientID)
	return err == nil && allowedHost(d.c.Documents, u.Hostname())
}

// allowedHost compares a host with names, *.names of everything below a name, and *.
func allowedHost(patterns []string, host string) bool {
	for _, p := range patterns {
		below, wild := strings.CutPrefix(p, "*.")
		if p == "*" || p == host || wild && strings.HasSuffix(host, "."+below) {
			return true
		}
	}
	return false
}

// Client implements core.Descriptions.
func (d *Documents) Client(ctx context.Context, clientID string, stored *storage.Client) (*storage.Client, error) {
	known := d.find(clientID)
	if known == nil {
		u, err := url.Parse(clientID)
		if err != nil {
			return nil, errs.Wrap(errs.NotFound, "", err)
		}
		if ok, wait := d.limit.Allow(u.Host); !ok {
			return nil, errs.New(errs.Unavailable, "Too many clients of this host are asked for.").After(wait)
		}
	}
	doc, err := d.documents.Document(ctx, fetch.DocumentRequest{URL: clientID, MaxBytes: maxDocument, MaxAge: documentMost})
	if err != nil {
		return nil, d.unreachable(ctx, err)
	}
	old := &storage.Client{Metadata: storage.ClientMetadata{
		ClientRegistered: storage.ClientRegistered{Unvetted: true}, ClientDocument: storage.ClientDocument{Described: true},
	}}
	if stored != nil {
		old = stored
	}
	if known != nil && known.from == doc && known.version == old.Version {
		return known.client, nil
	}
	c, err := d.read(ctx, clientID, doc, old)
	if err != nil {
		d.log.InfoContext(ctx, "client document refused", "host", hostOf(clientID), "reason", errs.MessageOf(err))
		return nil, errs.Wrap(errs.NotFound, "There is no client document that can be used.", err)
	}
	d.keep(&described{url: clientID, from: doc, version: old.Version, client: c})
	return c, nil
}

// unreachable tells a document that is not there, or must not be looked at, from one that there was no answer for.
func (d *Documents) unreachable(ctx context.Context, err error) error {
	d.log.InfoContext(ctx, "client document not fetched", "error", err)
	switch errs.CodeOf(err) {
	case errs.Unavailable, errs.Throttled, errs.Internal:
		return errs.Wrap(errs.Unavailable, "The app's own description could not be read. Try again in a moment.", err)
	}
	return errs.Wrap(errs.NotFound, "There is no client document that can be used.", err)
}

// read makes a client of a document, by the rules of every registration and the policy for those who register themselves.
func (d *Documents) read(ctx context.Context, clientID string, doc *fetch.Document, old *storage.Client) (*storage.Client, error) {
	if doc.Type != "application/json" && (!strings.HasPrefix(doc.Type, "application/") || !strings.HasSuffix(doc.Type, "+json")) {
		return nil, refuse("the document", "must have the type application/json")
	}
	given, err := strangers(doc.Body)
	if err != nil {
		return nil, err
	}
	if err := judgeDocument(clientID, given); err != nil {
		return nil, err
	}
	m, err := metadataOf(given)
	if err != nil {
		return nil, err
	}
	set(&m.TokenEndpointAuthMethod, core.AuthNone)
	if err := d.c.fit(&m, &old.Metadata); err != nil {
		return nil, err
	}
	if err := d.r.lower(&m); err != nil {
		return nil, err
	}
	d.r.settle(&m)
	if err := d.r.judge(ctx, &m, nil); err != nil {
		return nil, err
	}
	if hasSecret(&m) {
		return nil, refuse("token_endpoint_auth_method", "must not be one with a secret: nobody has given the client any")
	}
	now := d.r.d.Now()
	return &storage.Client{
		Tenant: d.r.d.Tenant, ID: documentRow(d.r.d.Tenant, clientID), ClientID: clientID, Metadata: m, Disabled: old.Disabled, CreatedAt: now, UpdatedAt: now, Version: 1,
	}, nil
}

// judgeDocument holds a document against where it was found: it must say so itself, and can hold no secret.
func judgeDocument(clientID string, given map[string]any) error {
	if text(given, "client_id") != clientID {
		return refuse("client_id", "must be the URL of the document")
	}
	for _, name := range []string{"client_secret", "client_secret_expires_at"} {
		if _, there := given[name]; there {
			return refuse(name, "must not be in a document that anybody can read")
		}
	}
	for _, grant := range listOf(given["grant_types"]) {
		if grant != grantCode && grant != grantRefresh {
			return refuse("grant_types", "must be authorization_code and refresh_token only")
		}
	}
	return nil
}

func listOf(v any) []any {
	l, _ := v.([]any)
	return l
}

// documentRow is the id of the row that a document has or would have: the same on every node, before anything is stored.
func documentRow(tenant storage.ID, clientID string) storage.ID {
	sum := sha256.Sum256([]byte("jedan client document\x00" + string(tenant[:]) + clientID))
	id := storage.ID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // UUIDv8 (RFC 9562 section 5.8)
	return id
}

func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}
